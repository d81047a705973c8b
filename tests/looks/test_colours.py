"""The tokens of tandem.css, measured as WCAG 2.2 measures contrast."""

import re

import pytest

from tests.looks.test_sources import STYLES

TOKENS = dict(re.findall(r"--tdm-([a-z-]+): (#[0-9a-f]{6});", STYLES.read_text(encoding="utf-8")))
TOKENS["white"] = "#ffffff"
TAGS = re.findall(
    r"\.tag-(\w+) \{\s*background: ([^;]+);\s*color: ([^;]+);", STYLES.read_text(encoding="utf-8")
)


def colour(value: str) -> str:
    token = re.fullmatch(r"var\(--tdm-([a-z-]+)\)", value)
    return TOKENS[token[1]] if token else value


def luminance(hexa: str) -> float:
    channels = (int(hexa[i : i + 2], 16) / 255 for i in (1, 3, 5))
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


@pytest.mark.parametrize("text", ["ink", "slate", "petrol", "petrol-deep", "brick"])
@pytest.mark.parametrize("ground", ["white", "paper", "sand", "mist", "peach"])
def test_text_is_readable_on_each_ground(text: str, ground: str) -> None:
    assert contrast(TOKENS[text], TOKENS[ground]) >= 4.5


@pytest.mark.parametrize("mark", ["coral", "edge", "petrol", "moss"])
@pytest.mark.parametrize("ground", ["white", "paper"])
def test_edges_marks_and_focus_stand_out(mark: str, ground: str) -> None:
    assert contrast(TOKENS[mark], TOKENS[ground]) >= 3


@pytest.mark.parametrize(("tone", "ground", "text"), TAGS)
def test_each_tag_is_readable(tone: str, ground: str, text: str) -> None:
    assert contrast(colour(ground), colour(text)) >= 4.5, tone


def test_the_tags_were_found() -> None:
    assert {tone for tone, _, _ in TAGS} >= {"neutral", "petrol", "coral", "moss", "amber"}
