"""How fast each page of the app is there, and whether everybody can use it, in Lighthouse's points.

    .venv/bin/python -m benchmarks.pages [--runs 3] [--chromium PATH]

Starts the product as `make serve` does and opens each page in Chromium with an empty cache, on
Lighthouse's phone: a screen of 412x823, the processor slowed four times, each request 562.5 ms
late and 1.47 Mbit/s, all by the DevTools protocol (`--throttling-method=devtools`). The median of
the runs counts. Performance is Lighthouse's: metric by metric the log-normal curve through what
gets 50 and 90 points (https://googlechrome.github.io/lighthouse/scorecalc/), weighted by 10 for the
first and 25 for the largest contentful paint, 30 for the total blocking time and 25 for the layout
shift. The speed index (another 10) is left out. Accessibility is the share of axe-core's rules that
a page passes, weighted by their impact (critical 10, serious 7, moderate 3, minor 1); `npm ci` in
frontend/ provides axe.
"""

import argparse
import math
import shutil
import statistics
import tempfile
from pathlib import Path
from typing import Any

from playwright.sync_api import BrowserContext, Page, expect, sync_playwright

from benchmarks.table import print_machine, print_table
from tests.browser import FLAGS, enter, new_context
from tests.stack import ROOT, embedded

# The weight, and the values that get 90 and 50 of 100; milliseconds but for the last.
METRICS = {
    "FCP ms": (10, 1800, 3000),
    "LCP ms": (25, 2500, 4000),
    "TBT ms": (30, 200, 600),
    "CLS": (25, 0.1, 0.25),
}
# Bytes a second. Every request waits that long, so it is more than the 150 ms of one round trip.
NETWORK = {"latency": 562.5, "downloadThroughput": 184_320, "uploadThroughput": 84_375}
IMPACT = {"critical": 10, "serious": 7, "moderate": 3, "minor": 1}
OBSERVE = """
window.seen = {paint: 0, largest: 0, shift: 0, tasks: []}
const watch = (type, take) =>
  new PerformanceObserver((list) => list.getEntries().forEach(take)).observe({type, buffered: true})
watch('paint', (e) => { if (e.name === 'first-contentful-paint') seen.paint = e.startTime })
watch('largest-contentful-paint', (e) => { seen.largest = e.startTime })
watch('layout-shift', (e) => { if (!e.hadRecentInput) seen.shift += e.value })
watch('longtask', (e) => seen.tasks.push([e.startTime, e.duration]))
"""
AXE = """
async () => {
  const {passes, violations} = await axe.run(document)
  const brief = (rules) => rules.map(({id, impact, nodes}) => [id, impact ?? nodes[0]?.impact])
  return {passes: brief(passes), violations: brief(violations)}
}
"""


def score(value: float, good: float, middle: float) -> float:
    """Between 0 and 1: 0.9 at `good`, 0.5 at `middle`, by the log-normal curve through both."""
    if value <= 0:
        return 1.0
    spread = math.log(middle / good) / (math.sqrt(2) * 0.9061938024368232)
    return 0.5 * math.erfc(math.log(value / middle) / (math.sqrt(2) * spread))


def measure(context: BrowserContext, path: str) -> dict[str, float]:
    """The metrics of one visit with an empty cache."""
    page = context.new_page()
    devtools = context.new_cdp_session(page)
    devtools.send("Network.enable")
    devtools.send("Network.setCacheDisabled", {"cacheDisabled": True})
    devtools.send("Network.setBypassServiceWorker", {"bypass": True})
    devtools.send("Network.emulateNetworkConditions", {"offline": False, **NETWORK})
    devtools.send("Emulation.setCPUThrottlingRate", {"rate": 4})
    sizes: list[float] = []
    devtools.on("Network.loadingFinished", lambda event: sizes.append(event["encodedDataLength"]))
    page.add_init_script(OBSERVE)
    page.goto(path)
    settle(page)
    page.wait_for_timeout(1500)
    seen: dict[str, Any] = page.evaluate("seen")
    page.close()
    blocked = sum(
        max(0, duration - 50) for start, duration in seen["tasks"] if start >= seen["paint"]
    )
    return {
        "FCP ms": seen["paint"],
        "LCP ms": seen["largest"],
        "TBT ms": blocked,
        "CLS": seen["shift"],
        "kB": sum(sizes) / 1000,
    }


def settle(page: Page) -> None:
    expect(page.get_by_role("heading", level=1).first).to_be_visible(timeout=60_000)
    page.wait_for_load_state("networkidle")


def accessibility(context: BrowserContext, path: str, axe: str) -> float:
    page = context.new_page()
    page.goto(path)
    settle(page)
    page.evaluate(axe)
    rules = page.evaluate(AXE)
    page.close()
    passed, failed = (
        sum(IMPACT.get(impact, 3) for _, impact in rules[kind]) for kind in ("passes", "violations")
    )
    return float(passed / (passed + failed))


def performance(found: dict[str, float]) -> float:
    weights = sum(weight for weight, _, _ in METRICS.values())
    return (
        sum(
            weight * score(found[name], good, middle)
            for name, (weight, good, middle) in METRICS.items()
        )
        / weights
    )


def row(context: BrowserContext, path: str, shown: str, axe: str, runs: int) -> list[str]:
    visits = [measure(context, path) for _ in range(runs)]
    middle = {name: statistics.median(visit[name] for visit in visits) for name in visits[0]}
    return [
        shown,
        *(f"{middle[name]:.0f}" for name in ("FCP ms", "LCP ms", "TBT ms")),
        f"{middle['CLS']:.3f}",
        f"{middle['kB']:.0f}",
        f"{100 * performance(middle):.0f}",
        f"{100 * accessibility(context, path, axe):.0f}",
    ]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--chromium", default=shutil.which("chromium"))
    options = parser.parse_args()
    axe = (ROOT / "frontend" / "node_modules" / "axe-core" / "axe.min.js").read_text()
    phone = {"viewport": {"width": 412, "height": 823}, "device_scale_factor": 1.75}
    rows = []
    with (
        tempfile.TemporaryDirectory() as folder,
        embedded(Path(folder) / "data", TRUSTED_PROXY_COUNT="1") as (_, address),
        sync_playwright() as playwright,
    ):
        browser = playwright.chromium.launch(executable_path=options.chromium, args=FLAGS)
        with new_context(browser, address, **phone) as context:
            for path in ("/", "/sign-in", "/sign-up"):
                rows.append(row(context, path, f"{path} (signed out)", axe, options.runs))
            person = enter(context, context.new_page(), "ada.lovelace")
            record = [person.upload(f"Picture {n}") for n in range(4)][-1]
            for path in ("/", "/consent", "/upload", "/records", f"/records/{record}"):
                shown = path.replace(record, "ID")
                rows.append(row(context, path, shown, axe, options.runs))
            for path in ("/statistics", "/settings", "/settings/security", "/settings/privacy"):
                rows.append(row(context, path, path, axe, options.runs))
            rows.append(row(context, "/settings/tokens", "/settings/tokens", axe, options.runs))
        browser.close()
    print_machine()
    heads = ["page", *METRICS, "kB", "performance", "accessibility"]
    print_table(heads, rows)


if __name__ == "__main__":
    main()
