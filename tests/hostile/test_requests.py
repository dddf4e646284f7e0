"""No request brings the service down, holds it up or gets anything but a refusal that says what is wrong."""

import time
from pathlib import Path
from urllib.parse import quote

import pytest

from tests.hostile.requests import REQUESTS
from tests.hostile.service import PATIENCE_S, Case, Target, attack, faults

pytestmark = pytest.mark.hostile


@pytest.mark.parametrize("case", REQUESTS, ids=lambda case: case.name)
def test_a_bad_request(target: Target, case: Case) -> None:
    outcome = attack(case, target)
    assert faults(case, outcome) == []
    target.is_well()


def test_a_hundred_who_wait_hold_nobody_up(target: Target) -> None:
    from tests.serving import connect

    waiting = [connect(target.service.port, 5) for _ in range(100)]
    try:
        for link in waiting:
            link.sendall(
                b"POST /v1/tag HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 9\r\n\r\n{"
            )
        target.is_well()
    finally:
        for link in waiting:
            link.close()


@pytest.mark.parametrize("name", ["../../../tmp/x.csv", "..\\..\\x.csv", "/etc/cron.d/x.csv", "C:\\x.csv", "a/../../x.csv"])
def test_a_file_name_leads_nowhere(target: Target, tmp_path: Path, name: str) -> None:
    path = tmp_path / "good.csv"
    path.write_text(f"نظر\nپیک دیر رسید به {len(name)} {name[0]}\n", "utf-8")
    answer = target.upload(path, name)
    assert answer.status in (200, 202)
    assert b'"name":"x.csv"' in answer.body


def test_an_id_never_becomes_a_header(target: Target) -> None:
    answer = target.request("GET", f"/v1/batches/{quote('b' + chr(13) + chr(10) + 'Set-Cookie: a=b')}/rejects?format=csv")
    assert answer.status == 404
    assert "set-cookie" not in answer.headers


def test_who_goes_on_sending_after_a_refusal_is_cut_off(target: Target) -> None:
    from tests.serving import connect

    with connect(target.service.port, 30) as link:
        link.sendall(b"POST /v1/tag HTTP/1.1\r\nHost: evil\r\nContent-Length: 1000000\r\n\r\n")
        assert b" 400 " in link.recv(65_536)
        for _ in range(int(PATIENCE_S * 20)):
            try:
                link.sendall(b" ")
            except OSError:
                return
            time.sleep(0.2)
    raise AssertionError("it went on listening")
