"""The stack's template and the state machine: valid for AWS's own rules, and in step with the files they repeat."""

from __future__ import annotations

import configparser
import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml
from cfnlint.decode import cfn_yaml  # type: ignore[import-untyped]

INFRA = Path(__file__).resolve().parents[2] / "infra"


def template() -> dict[str, Any]:
    found: dict[str, Any] = cfn_yaml.load(str(INFRA / "template.yaml"))
    return found


def lint(path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", "import sys; from cfnlint.runner import main; sys.exit(main())", str(path)],
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_template_is_valid() -> None:
    lint(INFRA / "template.yaml")


def test_state_machine_is_valid(tmp_path: Path) -> None:
    definition = json.loads((INFRA / "state_machine.asl.json").read_text(encoding="utf-8"))
    names = ("PlanFunctionArn", "FetchFunctionArn", "ReduceFunctionArn")
    properties = {
        "RoleArn": "arn:aws:iam::123456789012:role/states",
        "Definition": definition,
        "DefinitionSubstitutions": {name: f"arn:aws:lambda:us-east-1:123456789012:function:{name}" for name in names},
    }
    resource = {"Type": "AWS::StepFunctions::StateMachine", "Properties": properties}
    path = tmp_path / "machine.yaml"
    path.write_text(yaml.safe_dump({"Resources": {"Machine": resource}}), encoding="utf-8")
    lint(path)


def test_functions_are_those_of_functions_json() -> None:
    wanted = json.loads((INFRA / "functions.json").read_text(encoding="utf-8"))
    functions = [
        each["Properties"] for each in template()["Resources"].values() if each["Type"] == "AWS::Lambda::Function"
    ]
    found = [
        {
            "name": each["FunctionName"],
            "handler": each["Handler"],
            "timeout": each["Timeout"],
            "memory": each["MemorySize"],
        }
        for each in functions
    ]
    assert found == wanted


def test_state_machine_gets_every_substitution_it_uses() -> None:
    text = (INFRA / "state_machine.asl.json").read_text(encoding="utf-8")
    given = template()["Resources"]["StateMachine"]["Properties"]["DefinitionSubstitutions"]
    assert {name for name in given if f"${{{name}}}" in text} == set(given)
    assert text.count("${") == sum(text.count(f"${{{name}}}") for name in given)


def test_spark_pin_is_that_of_the_release() -> None:
    """emr-spark-8.1.0 ships Spark 4.1.1: another release needs another pin, and the other way round."""
    release = json.loads((INFRA / "emr_cluster.json").read_text(encoding="utf-8"))["ReleaseLabel"]
    setup = configparser.ConfigParser()
    setup.read(INFRA.parent / "setup.cfg", encoding="utf-8")
    assert (release, "pyspark[connect] == 4.1.1" in setup["options.extras_require"]["jobs"]) == (
        "emr-spark-8.1.0",
        True,
    )


def test_bucket_is_closed_and_encrypted_and_statuses_expire() -> None:
    resources = template()["Resources"]
    bucket = resources["DataBucket"]["Properties"]
    assert all(bucket["PublicAccessBlockConfiguration"].values())
    assert bucket["BucketEncryption"]
    assert resources["UrlStatus"]["Properties"]["TimeToLiveSpecification"] == {"AttributeName": "ttl", "Enabled": True}
    assert resources["UrlStatus"]["Properties"]["BillingMode"] == "PAY_PER_REQUEST"


def test_data_docs_are_read_only_by_whom_a_parameter_names() -> None:
    found = template()
    names = {"DocsVpcEndpoint": "aws:SourceVpce", "DocsCidr": "aws:SourceIp"}
    policy = found["Resources"]["DataBucketPolicy"]["Properties"]["PolicyDocument"]["Statement"]
    assert [each["Effect"] for each in policy if "Effect" in each] == ["Deny"]
    choices = [each["Fn::If"] for each in policy if "Fn::If" in each]
    assert [condition for condition, _, _ in choices] == [f"Has{name}" for name in names]
    for (name, key), (condition, statement, otherwise) in zip(names.items(), choices, strict=True):
        assert found["Parameters"][name]["Default"] == ""
        assert found["Conditions"][condition] == {"Fn::Not": [{"Fn::Equals": [{"Ref": name}, ""]}]}
        assert otherwise == {"Ref": "AWS::NoValue"}
        assert (statement["Action"], statement["Resource"]) == ("s3:GetObject", {"Fn::Sub": "${DataBucket.Arn}/docs/*"})
        assert [each[key] for each in statement["Condition"].values()] == [{"Ref": name}]


@pytest.mark.parametrize(
    ("name", "value", "accepted"),
    [
        ("DocsCidr", "", True), ("DocsCidr", "203.0.113.0/24", True), ("DocsCidr", "0.0.0.0/0", False), ("DocsCidr", "10.0.0.0/8", False),
        ("DocsVpcEndpoint", "", True), ("DocsVpcEndpoint", "vpce-0123456789abcdef0", True), ("DocsVpcEndpoint", "*", False),
    ],
)  # fmt: skip
def test_docs_parameters_take_nothing_wide(name: str, value: str, accepted: bool) -> None:
    assert bool(re.search(template()["Parameters"][name]["AllowedPattern"], value)) is accepted


def test_no_role_may_do_everything() -> None:
    for name, resource in template()["Resources"].items():
        policies = resource.get("Properties", {}).get("Policies", []) if resource["Type"] == "AWS::IAM::Role" else []
        for statement in (each for policy in policies for each in policy["PolicyDocument"]["Statement"]):
            assert "*" not in (statement["Action"], statement["Resource"]), name
