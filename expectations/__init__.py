"""The gate between the mart and the database: suites as code, comparison with earlier days, and Data Docs."""
