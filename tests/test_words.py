"""Every string that a page shows has its English, an English page shows no Persian of ours, and choices last."""

import ast
import re
import string
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Final

import pytest
from fastapi.testclient import TestClient
from markupsafe import Markup

import api
from api.choices import CHOICES, LANGUAGE, THEME
from api.rendering import HERE
from api.tongue import SCRIPT_WORDS, SPOKEN, load_words, say
from tests.api_client import BASE, SURVEY, running, send_tagged, wait_done
from tests.spoken import CALL, conversation
from tests.stores import add
from voc.corrections.correction import QUEUES
from voc.kpis import KPIS
from voc.store.database import Engine
from voc.trends.what_if import TITLES_FA

PERSIAN: Final = re.compile("[\u0600-\u06ff]")
WRAPPED: Final = re.compile(r"""\b_\(\s*(["'])(?P<text>.*?)\1""")
COMMENT: Final = re.compile(r"\{#.*?#\}|^\s*//.*$", re.DOTALL | re.MULTILINE)
SWITCH: Final = "فارسی"  # to Persian, in Persian
TEMPLATES: Final = sorted((HERE / "pages").glob("*.html"))
SCRIPTS: Final = sorted((HERE / "static").glob("*.js"))
NOT_OF_PAGES: Final = frozenset(
    {"persian", "examples", "schemas", "parameters", "uploads", "batches", "app"}
)  # words of Persian, examples, the document
CODE: Final = [path for path in sorted(Path(api.__path__[0]).rglob("*.py")) if path.stem not in NOT_OF_PAGES]
ENGLISH: Final = {text: said for words in load_words().values() for text, said in words.items()}
OWN: Final = (
    r"<bdi>.*?</bdi>",
    r'<p class="words".*?</p>',
    r'<option [^>]*dir="auto">[^<]*',
    r'<input type="hidden"[^>]*>',
    r' name="attr\.[^"]*"',
    r' data-header="[^"]*"',
    r'<meta name="words"[^>]*>',
    rf"{SWITCH}</a>",
)  # words of customers, their files' names, and what the scripts translate


def said_in_code(path: Path) -> Iterator[str]:
    """The Persian strings of a module that are no docstrings, and what it gives to `say`."""
    tree = ast.parse(path.read_text("utf-8"))
    documented = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)
    docs = {
        id(node.body[0].value) for node in ast.walk(tree) if isinstance(node, documented) and isinstance(node.body[0], ast.Expr)
    }
    for node in ast.walk(tree):
        if (
            isinstance(node, ast.Constant)
            and isinstance(node.value, str)
            and PERSIAN.search(node.value)
            and id(node) not in docs
        ):
            yield node.value
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "say":
            yield from (given.value for given in node.args if isinstance(given, ast.Constant) and isinstance(given.value, str))


def said_in_text(path: Path) -> list[str]:
    return [found["text"] for found in WRAPPED.finditer(path.read_text("utf-8"))]


def places(said: str | Sequence[str]) -> list[set[str]]:
    """The places for values in an English string, or in each of a pair."""
    return [
        {name for _, name, _, _ in string.Formatter().parse(each) if name}
        for each in ([said] if isinstance(said, str) else said)
    ]


def test_one_word_stands_for_the_sentiment() -> None:
    told = [*ENGLISH, *(part for kpi in KPIS for part in (kpi.title_fa, kpi.definition_fa))]
    assert len([each for each in told if "احساس" in each]) > 10
    assert [each for each in told if re.search(r"\bحس\b", each)] == []


@pytest.mark.parametrize("path", [*TEMPLATES, *SCRIPTS], ids=lambda path: path.name)
def test_no_persian_stands_unwrapped(path: Path) -> None:
    rest = WRAPPED.sub("", COMMENT.sub("", path.read_text("utf-8"))).replace(SWITCH, "")
    assert not PERSIAN.findall(rest)


@pytest.mark.parametrize("path", [*TEMPLATES, *SCRIPTS, *CODE], ids=lambda path: path.name)
def test_every_string_has_its_english(path: Path) -> None:
    said = said_in_code(path) if path.suffix == ".py" else said_in_text(path)
    assert [text for text in said if text not in ENGLISH] == []


def test_scripts_find_their_english_in_the_page() -> None:
    assert {text for path in SCRIPTS for text in said_in_text(path)} == load_words()[SCRIPT_WORDS].keys()


def test_no_english_is_left_over() -> None:
    texts = {text for path in [*TEMPLATES, *SCRIPTS] for text in said_in_text(path)} | set(TITLES_FA.values())
    assert ENGLISH.keys() - texts - {text for path in CODE for text in said_in_code(path)} == set()


def test_english_has_the_same_places_for_values() -> None:
    wrong = [text for text, said in ENGLISH.items() if any(found != places(text)[0] for found in places(said))]
    assert wrong == []


def test_english_has_no_persian_and_files_agree() -> None:
    assert not [said for said in ENGLISH.values() if PERSIAN.search("".join(said))]
    seen: dict[str, str | Sequence[str]] = {}
    for words in load_words().values():
        assert {text for text, said in words.items() if seen.get(text, said) != said} == set()
        seen |= words


@pytest.fixture
def in_english() -> Iterator[None]:
    spoken = SPOKEN.set("en")
    yield
    SPOKEN.reset(spoken)


@pytest.mark.usefixtures("in_english")
def test_values_that_are_markup_stay_and_others_are_escaped() -> None:
    said = say("{low} تا {high}", low=Markup("<b>1</b>"), high="<i>")
    assert said == "<b>1</b> to &lt;i&gt;"
    assert say("{low} تا {high}", low="<", high=">") == "< to >"


@pytest.mark.usefixtures("in_english")
def test_one_and_many_and_what_has_no_english() -> None:
    assert [say("{count} نظر", count=count) for count in ("1", "0", "21")] == ["1 text", "0 texts", "21 texts"]
    assert say("چیزی که کسی نگفت") == "چیزی که کسی نگفت"


@pytest.fixture
def client(engine: Engine, tmp_path: Path) -> Iterator[TestClient]:
    with running(tmp_path) as client:
        yield client


def ours(html: str) -> str:
    """A page without the words of customers."""
    for pattern in OWN:
        html = re.sub(pattern, "", html, flags=re.DOTALL)
    return html


def seen_addresses(client: TestClient) -> list[str]:
    survey = send_tagged(client)["id"]
    service = client.app.state.service  # type: ignore[attr-defined]
    talk = add(service.store, [conversation(CALL, 3, channel="phone", transfers=1, speakers_sure=0.83)], "calls.csv").id
    service.engine.wake()
    wait_done(client, talk)
    for row in ("f1", "f2"):
        client.post(f"/v1/feedback/{row}/corrections", json={"queue": "random"})
    items = client.get("/v1/feedback", params={"kind": "conversation"}).json()["items"]
    client.post("/v1/feedback/f1/corrections", json={"changed": {"sentiment": "mixed"}, "queue": "random"})
    several = {"add": {"loyalty": ["warn_others"]}, "remove": {"effort": ["easy"]}, "resolution": None}
    client.post("/v1/corrections", json={"ids": ["f1", "f4"], "changed": several})
    client.post("/v1/feedback/f4/corrections", json={})
    chosen = "from=1402-12-01&to=1403-03-01&channel=اپ"
    return [
        "/",
        f"/?{chosen}&reason=delivery&attr.شعبه=ونک",
        f"/?batch={survey}",
        "/?q=nothing",
        "/texts",
        "/texts?sentiment=negative&sentiment=positive&effort=repeat_contact",
        f"/texts?batch={survey}&to=2024-04-01",
        "/feedback/f1",
        "/feedback/f4",
        "/feedback/f3/correction?queue=random",
        "/corrections",
        "/corrections?selection=s2&undone=false",
        "/corrections?selection=s99",
        "/texts/rows?ids=f1&ids=f4",
        *(f"/review?queue={queue}" for queue in QUEUES),
        "/reasons",
        "/report-card",
        f"/reasons?{chosen}",
        "/reasons/delivery",
        f"/reasons/delivery.time?{chosen}",
        "/reasons/trust.privacy",
        "/kpis",
        *(f"/kpis/{kpi.name}" for kpi in KPIS),
        "/kpis/nps?bucket=day",
        "/admin",
        f"/batches/{survey}",
        f"/batches/{talk}",
        f"/conversations/{items[0]['id']}",
        "/nowhere",
        "/texts?color=red",
    ]


def test_english_pages_are_english(client: TestClient) -> None:
    client.cookies.set(LANGUAGE.cookie, "en")
    empty = [client.get(path).text for path in ("/", "/reasons", "/kpis", "/report-card", "/texts", "/admin")]
    preview = client.post("/upload/preview", files={"file": ("a.csv", f"{SURVEY},,\nخوب بود,1402/13/01,,42,\n")}).text
    assert "data-preview" in preview
    send_tagged(client)
    selection = client.post("/selection", data={"ids": ["f1", "f2"]}, headers={"origin": BASE}).text
    made = client.post("/admin/keys", data={"name": "گزارش", "scope": "admin"}, headers={"origin": BASE}).text
    assert "data-correcting-all" in selection
    for html in (*empty, preview, made, selection):
        assert lines_in_persian(html) == []


def test_english_pages_of_data_are_english(client: TestClient) -> None:
    client.cookies.set(LANGUAGE.cookie, "en")
    for address in seen_addresses(client):
        html = client.get(address, headers={"accept": "text/html"}).text
        assert '<html lang="en" dir="ltr">' in html, address
        assert lines_in_persian(html) == [], address


def lines_in_persian(html: str) -> list[str]:
    return [line for line in ours(html).splitlines() if PERSIAN.search(line)]


def test_figures_and_days_follow_the_language(client: TestClient) -> None:
    send_tagged(client)
    client.cookies.set(LANGUAGE.cookie, "en")
    seen = re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", client.get("/").text))
    assert "Net Promoter Score −20" in seen
    assert "Delivery time Delivery 40% net 0" in seen
    assert "week of 24 February 2024 1 100% 0% 0% 0%" in seen
    client.cookies.set(LANGUAGE.cookie, "fa")
    assert "هفتهٔ ۵ اسفند ۱۴۰۲" in client.get("/").text


def test_a_choice_is_kept_and_leaves_the_address(client: TestClient) -> None:
    answer = client.get("/texts?q=%D8%AF%DB%8C%D8%B1&lang=en&sentiment=negative", follow_redirects=False)
    assert (answer.status_code, answer.headers["location"]) == (303, "/texts?q=%D8%AF%DB%8C%D8%B1&sentiment=negative")
    cookie = answer.headers["set-cookie"]
    assert cookie.startswith("voc_lang=en;")
    assert {"HttpOnly", "Path=/", "SameSite=lax"} <= {part.strip() for part in cookie.split(";")}
    assert '<html lang="en"' in client.get("/texts").text
    client.get("/?lang=fa")
    assert '<html lang="fa"' in client.get("/texts").text


@pytest.mark.parametrize(
    ("address", "location"),
    [
        ("/?theme=blue", "/"),
        ("/?lang=de&theme=dark", "/"),
        ("//evil.example/?lang=en", "/evil.example/"),
        ("/batches/b1?lang=en&cursor=2", "/batches/b1?cursor=2"),
    ],
)
def test_a_choice_leads_back_to_where_it_was_made(client: TestClient, address: str, location: str) -> None:
    answer = client.get(f"http://localhost:8000{address}", follow_redirects=False)
    assert (answer.status_code, answer.headers["location"]) == (303, location)
    assert "blue" not in answer.headers.get("set-cookie", "")
    assert "voc_lang=de" not in answer.headers.get("set-cookie", "")


def test_the_api_knows_no_choices_but_its_own_calendar(client: TestClient) -> None:
    assert client.get("/v1/trends?measure=volume&calendar=gregorian", follow_redirects=False).status_code == 200
    assert client.get("/v1/kpis?lang=en", follow_redirects=False).json()["code"] == "unknown_parameter"


@pytest.mark.parametrize(
    ("theme", "scheme", "dark"),
    [
        ("system", "light dark", 'media="screen and (prefers-color-scheme: dark)"'),
        ("dark", "dark", 'media="screen"'),
        ("light", "light", None),
        ("nonsense", "light dark", 'media="screen and (prefers-color-scheme: dark)"'),
    ],
)
def test_the_theme_is_the_servers_work(client: TestClient, theme: str, scheme: str, dark: str | None) -> None:
    client.cookies.set(THEME.cookie, theme)
    page = client.get("/").text
    assert f'<meta name="color-scheme" content="{scheme}">' in page
    found = re.search(r"<link [^>]*dark\.css[^>]*>", page)
    assert (dark in found[0]) if dark and found else found is None


def test_every_choice_has_its_own_cookie() -> None:
    assert len({choice.cookie for choice in CHOICES.values()}) == len(CHOICES)
    assert all(len(set(choice.options)) == len(choice.options) > 1 for choice in CHOICES.values())


def test_words_are_a_mapping_by_area() -> None:
    assert {"shell", SCRIPT_WORDS} <= load_words().keys()
    assert all(isinstance(words, Mapping) and words for words in load_words().values())
