"""The operator's file of issuers: what it may say, and that every fault is named with its line, place and remedy."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from services.api.http.issuers import read_issuers
from shared.db.keys import KeyScope
from shared.environment import UnusableSettings
from shared.settings import Settings
from tests.conftest import create_app

ROOT = Path(__file__).parents[3]
GOOD = """\
issuers:
  - issuer: https://login.example.se/tenant/v2.0
    audiences: [api://samverkan]
    claim: roles
    grants:
      Samverkan.Läs allt:
        - {scope: read, area: "1282"}
"""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "issuers.yaml"
    path.write_text(GOOD, encoding="utf-8")
    return path


def entry(**others: Any) -> dict[str, Any]:
    [good] = yaml.safe_load(GOOD)["issuers"]
    return {name: value for name, value in (good | others).items() if value is not None}


def test_what_may_be_left_out_has_a_meaning(file: Path) -> None:
    [issuer] = read_issuers(file).issuers
    assert issuer.algorithms == ["RS256", "ES256"]
    assert issuer.claim == ["roles"]
    assert (issuer.key_set, issuer.authorized_parties, issuer.client_name, issuer.owner) == (
        None,
        None,
        None,
        None,
    )
    [[grant]] = issuer.grants.values()
    assert (grant.scope, grant.area) == (KeyScope.READ, "1282")


def test_the_file_may_be_json(file: Path) -> None:
    file.write_text('{"issuers": [' + str(entry()).replace("'", '"') + "]}", encoding="utf-8")
    assert len(read_issuers(file).issuers) == 1


@pytest.mark.parametrize("scope", KeyScope)
def test_every_scope_of_keys_can_be_granted(file: Path, scope: KeyScope) -> None:
    file.write_text(GOOD.replace("scope: read", f"scope: {scope}"), encoding="utf-8")
    assert read_issuers(file).issuers[0].grants["Samverkan.Läs allt"][0].scope is scope


FAULTS: list[tuple[dict[str, Any], str, str]] = [
    ({"issuer": None}, "issuers[0].issuer: field required", "Fill in this field"),
    ({"issuer": "login.example.se"}, "issuers[0].issuer: is no address", "https address"),
    ({"issuer": "https://login.example.se/?a=b"}, "issuers[0].issuer: is no address", "without user, query"),
    ({"issuer": 'https://login.example.se/"'}, "issuers[0].issuer: is no address", "https address"),
    ({"issuer": "https://login.example.se:99999"}, "issuers[0].issuer: is no address", "https address"),
    ({"keySet": "https://[::1/keys"}, "issuers[0].keySet: is no address", "https address"),
    ({"keySet": "ftp://login.example.se"}, "issuers[0].keySet: is no address", "https address"),
    ({"audiences": []}, "issuers[0].audiences: ", "Give at least 1"),
    ({"audiences": "api://samverkan"}, "issuers[0].audiences: ", "."),
    ({"authorizedParties": []}, "issuers[0].authorizedParties: ", "Give at least 1"),
    ({"algorithms": ["HS256"]}, "issuers[0].algorithms[0]: ", "Write one of 'RS256' or 'ES256'"),
    ({"algorithms": []}, "issuers[0].algorithms: ", "Give at least 1"),
    ({"claim": None}, "issuers[0].claim: field required", "Fill in this field"),
    ({"claim": "realm_access..roles"}, "issuers[0].claim[1]: ", "matches"),
    ({"claim": 'ro"les'}, "issuers[0].claim[0]: ", "matches"),
    ({"claim": []}, "issuers[0].claim: ", "Give at least 1"),
    ({"grants": {}}, "issuers[0].grants: ", "Give at least 1"),
    ({"grants": {"a": []}}, "issuers[0].grants.a: ", "Give at least 1"),
    ({"grants": {"a": [{"scope": "write", "area": "1282"}]}}, "issuers[0].grants.a[0].scope: ", "Write one of 'read'"),
    ({"grants": {"a": [{"scope": "read", "area": 1282}]}}, "issuers[0].grants.a[0].area: ", "in quotes"),
    ({"grants": {"a": [{"scope": "read", "area": "Malmö"}]}}, "issuers[0].grants.a[0].area: ", "matches"),
    ({"grants": {"a": [{"scope": "read"}]}}, "issuers[0].grants.a[0].area: field required", "Fill in this field"),
    ({"owner": {}}, "issuers[0].owner: is neither", "Give `area`, or `claim` and `values`"),
    ({"owner": {"claim": "org"}}, "issuers[0].owner: is neither", "Give `area`, or `claim` and `values`"),
    ({"owner": {"area": "1282", "claim": "org", "values": {"a": "12"}}}, "issuers[0].owner: is neither", "Give `area`"),
    ({"owner": {"claim": "org", "values": {"a": "Malmö"}}}, "issuers[0].owner.values.a: ", "matches"),
    ({"audience": ["x"]}, "issuers[0].audience: extra", "correct its spelling"),
]


@pytest.mark.parametrize(("others", "fault", "remedy"), FAULTS)
def test_a_fault_is_named_with_its_place_and_remedy(
    file: Path, others: dict[str, Any], fault: str, remedy: str
) -> None:
    file.write_text(yaml.safe_dump({"issuers": [entry(**others)]}, allow_unicode=True), encoding="utf-8")
    with pytest.raises(UnusableSettings) as refused:
        read_issuers(file)
    [line] = str(refused.value).splitlines()
    assert line.startswith(f"{file}:")
    assert fault in line
    assert remedy in line


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("", "the file: "),
        ("[]", "the file: "),
        ("issuers: []", "issuers: "),
        ("{}", "names no issuer"),
        ("signIn: []", "signIn: "),
        ("issuers: [", "is not YAML"),
        ("issuers: \xff", "is not YAML in UTF-8"),
        (f"{GOOD}{GOOD.partition(chr(10))[2]}", "an issuer stands twice"),
        (f"{GOOD}{GOOD}", "'issuers' stands twice"),
    ],
)
def test_a_file_that_is_wrong_as_a_whole_is_refused(file: Path, text: str, fault: str) -> None:
    file.write_bytes(text.encode("latin-1" if "\xff" in text else "utf-8"))
    with pytest.raises(UnusableSettings, match=f"^{file}:[0-9]+: .*{fault}"):
        read_issuers(file)


SIGN_IN = {
    "code": "kommunen",
    "name": "Landskrona stad",
    "issuer": "https://login.example.se",
    "clientId": "samverkan",
    "area": "1282",
}


def sign_in(**others: Any) -> str:
    return yaml.safe_dump({"signIn": [SIGN_IN | others]}, allow_unicode=True)


def test_people_sign_in_where_no_access_tokens_are_taken(file: Path) -> None:
    secret = file.with_name("secret")
    secret.write_text("hemligt\n", encoding="utf-8")
    file.write_text(sign_in(clientSecretFile=str(secret)), encoding="utf-8")
    content = read_issuers(file)
    [issuer] = content.sign_in
    assert content.issuers == []
    assert (issuer.client_secret, issuer.email, issuer.email_verified) == ("hemligt", "email", "email_verified")


@pytest.mark.parametrize(
    ("others", "fault"),
    [
        ({"code": "Kommunen"}, "signIn[0].code: .*matches"),
        ({"code": "a/b"}, "signIn[0].code: .*matches"),
        ({"area": 1282}, "signIn[0].area: .*in quotes"),
        ({"issuer": "login.example.se"}, "signIn[0].issuer: is no address"),
        ({"clientSecretFile": "/nowhere/secret"}, "the secret's file cannot be read"),
        ({"clientSecretFile": "/dev/null"}, "the secret's file cannot be read, or is empty"),
        ({"clientSecret": "hemligt"}, "signIn[0].clientSecret: extra"),
    ],
)
def test_a_fault_of_a_way_to_sign_in_is_named(file: Path, others: dict[str, Any], fault: str) -> None:
    file.write_text(sign_in(**others), encoding="utf-8")
    with pytest.raises(UnusableSettings, match=fault.replace("[0]", r"\[0\]")) as refused:
        read_issuers(file)
    assert "hemligt" not in str(refused.value)


def test_two_ways_to_sign_in_have_two_codes(file: Path) -> None:
    file.write_text(yaml.safe_dump({"signIn": [SIGN_IN, SIGN_IN | {"issuer": "https://b.example"}]}), encoding="utf-8")
    with pytest.raises(UnusableSettings, match="a code stands twice"):
        read_issuers(file)


def test_all_faults_are_named_at_once_by_line(file: Path) -> None:
    wrong = (
        GOOD.replace("scope: read", "scope: raed").replace('"1282"', "1282").replace("claim: roles", "claims: roles")
    )
    file.write_text(wrong, encoding="utf-8")
    with pytest.raises(UnusableSettings) as refused:
        read_issuers(file)
    lines = [line.removeprefix(f"{file}:").partition(":")[0] for line in str(refused.value).splitlines()]
    assert lines == ["2", "4", "7", "7"]


@pytest.mark.slow
def test_the_api_does_not_start_with_a_wrong_file(file: Path) -> None:
    file.write_text(GOOD.replace("scope: read", "scope: raed"), encoding="utf-8")
    settings = Settings(database_url="postgresql+psycopg://", redis_url="redis://", token_issuers=file)
    with pytest.raises(SystemExit, match=r"issuers\.yaml:7: .*scope: .*Write one of 'read'"):
        create_app(settings)


def test_the_examples_of_the_guide_are_taken(tmp_path: Path) -> None:
    guide = (ROOT / "deploy" / "oidc.md").read_text(encoding="utf-8")
    examples = [part.partition("```")[0] for part in guide.split("```yaml\n")[1:]]
    assert len(examples) >= 4
    for example in examples:
        with_secret = example.replace("/run/secrets/sign-in", __file__)
        (tmp_path / "issuers.yaml").write_text(with_secret, encoding="utf-8")
        assert read_issuers(tmp_path / "issuers.yaml")
