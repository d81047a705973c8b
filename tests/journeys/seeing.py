"""What axe-core finds on a page, and whether it scrolls sideways."""

import json
from pathlib import Path

from playwright.sync_api import Page

AXE = Path(__file__).parents[2] / "node_modules" / "axe-core" / "axe.min.js"
STANDARDS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
OF_LAYOUT = [
    "color-contrast",
    "link-in-text-block",
    "scrollable-region-focusable",
    "target-size",
]
"""What may differ from one width to another; the rest of a page is the same document."""
WIDTHS = (320, 1280)


def violations(page: Page, rules: list[str] = STANDARDS) -> list[str]:
    if not page.evaluate("Boolean(window.axe)"):
        page.evaluate(AXE.read_text(encoding="utf-8"))
    asked = json.dumps({"runOnly": rules, "preload": False, "resultTypes": ["violations"]})
    found = page.evaluate(f"axe.run({asked}).then(found => found.violations)")
    return [
        f"{page.url} {rule['id']}: {node['target']} {node['failureSummary']}"
        for rule in found
        for node in rule["nodes"]
    ]


def wrong_on(page: Page) -> list[str]:
    """What axe-core finds, and what scrolls sideways, on a phone and on a desk."""
    wrong = []
    for width, rules in zip(WIDTHS, (STANDARDS, OF_LAYOUT), strict=True):
        page.set_viewport_size({"width": width, "height": 900})
        wrong += violations(page, rules)
        if too_wide(page):
            wrong.append(f"{page.url} is wider than {width} px")
    return wrong


def too_wide(page: Page) -> bool:
    return bool(page.evaluate("document.documentElement.scrollWidth > window.innerWidth"))
