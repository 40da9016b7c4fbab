# Airflow with what the DAG's tasks need, in the versions of requirements.lock.
FROM apache/airflow:3.3.2-python3.11
COPY --chown=airflow:0 setup.cfg requirements.lock /tmp/project/
WORKDIR /tmp/project
RUN uv pip compile setup.cfg --extra orchestration --extra expectations --constraint requirements.lock --generate-hashes \
      --python-version 3.11 --quiet --output-file chosen.txt \
 && pip install --no-cache-dir --require-hashes -r chosen.txt
WORKDIR /opt/airflow
