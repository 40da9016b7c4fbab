"""What a kill -9 of everything leaves: all that was answered."""

from __future__ import annotations

import time
from contextlib import suppress
from pathlib import Path

import psutil
import pytest

from local.cloud import Cloud
from local.errors import LocalCloudError
from tests.local.support import Aws, wait_until
from tests.local.test_dynamodb import item, keys, put_many


def kill_everything(cloud: Cloud) -> None:
    assert cloud._child is not None
    family = [psutil.Process(cloud._child.pid)]
    family += family[0].children(recursive=True)
    for process in reversed(family):
        with suppress(psutil.NoSuchProcess):  # each takes others along
            process.kill()
    cloud._child.stop()


def test_kill_9_loses_nothing(state: Path) -> None:
    with Cloud(state) as cloud:
        aws = Aws(cloud)
        bucket, table = aws.bucket(), aws.table()
        for n in range(5):
            aws.s3.put_object(Bucket=bucket, Key=f"raw/가/{n}.json", Body=b"%d" % n)
        aws.s3.delete_object(Bucket=bucket, Key="raw/가/0.json")
        aws.db.update_time_to_live(TableName=table, TimeToLiveSpecification={"Enabled": True, "AttributeName": "ttl"})
        put_many(aws, table, [item(str(n), status="PENDING") for n in range(6)])
        aws.db.put_item(TableName=table, Item=item("5", status="SUCCESS") | {"ttl": {"N": str(int(time.time()) + 900)}})
        aws.db.put_item(TableName=table, Item=item("4") | {"ttl": {"N": "1000"}})
        aws.db.delete_item(TableName=table, Key=item("0"))
        aws.db.put_item(TableName=table, Item=item("6") | {"blob": {"B": b"\x00\xff"}})
        kill_everything(cloud)
        with pytest.raises(LocalCloudError, match="does not answer"):
            cloud.progress("2026-11-23")
    with (state / "dynamodb" / f"{table}.jsonl").open("ab") as journal:
        journal.write(b'{"put":[{"pk"')
    for _ in range(2):  # the second time from journals that the first one has tidied up
        with Cloud(state) as cloud:
            aws = Aws(cloud)
            found = aws.s3.list_objects_v2(Bucket=bucket)["Contents"]
            assert [entry["Key"] for entry in found] == [f"raw/가/{n}.json" for n in range(1, 5)]
            assert aws.s3.get_object(Bucket=bucket, Key="raw/가/3.json")["Body"].read() == b"3"
            assert keys(aws, table) == ["1", "2", "3", "5", "6"]  # "4" has expired
            assert aws.db.get_item(TableName=table, Key=item("5"))["Item"]["status"]["S"] == "SUCCESS"
            assert aws.db.get_item(TableName=table, Key=item("6"))["Item"]["blob"]["B"] == b"\x00\xff"
            kill_everything(cloud)


def test_second_cloud_on_the_same_folder_is_refused(state: Path) -> None:
    with Cloud(state), pytest.raises(LocalCloudError, match="Another local cloud is using"):
        Cloud(state).start()


def test_stop_is_quick_and_leaves_nothing(state: Path) -> None:
    cloud = Cloud(state).start()
    aws = Aws(cloud)
    function = aws.function("import time\ndef handle(e, c): time.sleep(60)")
    aws.lambdas.invoke(FunctionName=function, InvocationType="Event", Payload=b"{}")
    assert cloud._child is not None
    guard = psutil.Process(cloud._child.pid)
    wait_until(lambda: len(guard.children(recursive=True)) >= 2)
    family = guard.children(recursive=True)
    started = time.monotonic()
    cloud.stop()
    assert time.monotonic() - started < 2
    wait_until(lambda: not any(process.is_running() for process in family), 2)
