"""AWS on this machine: moto's server with Lambdas that run, Spark steps that run, and contents that stay on disk."""

from local.cloud.client import Cloud
from local.cloud.deploy import Deployment

__all__ = ["Cloud", "Deployment"]
