"""Records in Chromium: listed, found, edited, corrected, deleted, counted, handed out and taken in.

What a test only needs to be there is made by the API; what it is about is done on the page.
"""

import csv
import io
import json
import re
import uuid
import zipfile
from pathlib import Path

import pytest
from playwright.sync_api import Download, Page, expect

from tests.browser import Person, expect_names, names_shown
from tests.stack import Program, wait_for

pytestmark = [pytest.mark.stack, pytest.mark.browser]


def show_list(page: Page, query: str = "") -> None:
    page.goto(f"/records{query}")
    expect(page.get_by_role("heading", level=1)).to_be_visible()


def search(page: Page, words: str) -> None:
    page.get_by_label("Search in names, notes and file names").fill(words)


def saved(download: Download, folder: Path) -> Path:
    path = folder / download.suggested_filename
    download.save_as(path)
    return path


# The tests of the thesis, one by one -------------------------------------------------------------


def test_records_are_listed(person: Person) -> None:
    for name in ("First", "Second", "Third"):
        person.upload(name)

    show_list(person.page)

    expect_names(person.page, ["Third", "Second", "First"])
    card = person.page.get_by_test_id("record-card").first
    expect(card).to_contain_text("Happy")
    expect(card.locator("time")).to_be_visible()
    expect(card.locator("img")).to_have_js_property("complete", True)


def test_a_record_is_deleted(person: Person) -> None:
    person.upload("Stays")
    record = person.upload("Goes")
    show_list(person.page)

    person.page.get_by_role("button", name="Delete Goes").click()

    expect_names(person.page, ["Stays"])
    assert person.request("GET", f"/api/v1/records/{record}/").status == 404
    person.page.reload()
    expect_names(person.page, ["Stays"])


def test_a_record_is_edited(person: Person) -> None:
    page = person.page
    record = person.upload("A name")
    person.open_record(record)

    page.get_by_role("button", name="Rename").click()
    page.get_by_label("Name", exact=True).fill("Another name")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1, name="Another name")).to_be_visible()
    page.get_by_role("button", name="Add a note").click()
    page.get_by_role("textbox", name="Note").fill("Seen at “Ada’s”.\n<b>Twice</b> 🎀")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_test_id("record-note")).to_have_text(re.compile("<b>Twice</b> 🎀"))
    for tag in ("holidays", "spring 2026"):
        page.get_by_role("combobox", name="Add a tag").fill(tag)
        page.keyboard.press("Enter")
        expect(
            page.get_by_role("link", name=f"Show all records with the tag {tag}")
        ).to_be_visible()
    page.get_by_role("button", name="Remove the tag holidays").click()
    expect(page.get_by_role("button", name="Remove the tag holidays")).to_have_count(0)

    page.reload()
    expect(page.get_by_role("heading", level=1, name="Another name")).to_be_visible()
    stored = person.api("GET", f"records/{record}/")
    assert stored["name"] == "Another name"
    assert stored["note"] == "Seen at “Ada’s”.\n<b>Twice</b> 🎀"
    assert stored["tags"] == ["spring 2026"]


def test_records_are_searched(person: Person) -> None:
    page = person.page
    person.upload('100 % "sure" 😀')
    person.upload("under_score")
    record = person.upload("Plain")
    person.api("PATCH", f"records/{record}/", {"note": "Met at the station"})
    show_list(page)
    expect(page.locator("[data-record-link]")).to_have_count(3)

    for words, names in {
        "%": ['100 % "sure" 😀'],
        '"sure"': ['100 % "sure" 😀'],
        "😀": ['100 % "sure" 😀'],
        "_": ["under_score"],
        "station MET": ["Plain"],
        "portrait.jpg": ["Plain", "under_score", '100 % "sure" 😀'],
    }.items():
        search(page, words)
        expect_names(page, names)
    search(page, "nothing like it")
    expect(page.get_by_role("heading", name="No record matches")).to_be_visible()
    page.get_by_role("button", name="Clear all filters").first.click()
    expect(page.locator("[data-record-link]")).to_have_count(3)


# Beyond the thesis -------------------------------------------------------------------------------


def test_a_face_is_corrected_and_the_correction_undone(person: Person) -> None:
    page = person.page
    record = person.upload("Commander Collins")
    person.open_record(record)
    correction = page.get_by_test_id("face-correction")
    correction.get_by_role("button", name="Correct").click()

    correction.get_by_role("button", name="Surprise").click()

    expect(correction).to_contain_text("You said")
    expect(correction).to_contain_text("Surprise")
    expect(correction).to_contain_text("The machine said")
    (face,) = person.api("GET", f"records/{record}/")["faces"]
    assert (face["expression"], face["correction"]["expression"]) == ("happy", "surprise")
    show_list(page)
    expect(page.get_by_test_id("record-card")).to_contain_text("Surprise")

    person.open_record(record)
    correction.get_by_role("button", name="Undo the correction").click()

    expect(correction.get_by_text("You said")).to_have_count(0)
    (face,) = person.api("GET", f"records/{record}/")["faces"]
    assert face["correction"] is None


def test_of_two_edits_at_once_the_second_is_told(person: Person) -> None:
    first, second = person.page, person.context.new_page()
    record = person.upload("A name")
    for page in (first, second):
        page.goto(f"/records/{record}")
        page.get_by_role("button", name="Rename").click()
    first.get_by_label("Name", exact=True).fill("From the first tab")
    first.keyboard.press("Enter")
    expect(first.get_by_role("heading", name="From the first tab")).to_be_visible()

    second.get_by_label("Name", exact=True).fill("From the second tab")
    second.keyboard.press("Enter")

    conflict = second.get_by_test_id("edit-conflict")
    expect(conflict).to_contain_text("From the first tab")
    expect(second.get_by_label("Name", exact=True)).to_have_value("From the second tab")
    assert person.api("GET", f"records/{record}/")["name"] == "From the first tab"
    second.get_by_role("button", name="Save mine instead").click()
    expect(second.get_by_role("heading", name="From the second tab")).to_be_visible()
    assert person.api("GET", f"records/{record}/")["name"] == "From the second tab"


def test_a_deletion_is_undone(person: Person) -> None:
    page = person.page
    record = person.upload("Commander Collins")
    person.open_record(record)
    page.get_by_role("button", name="Delete", exact=True).click()
    expect(page.get_by_text("No records yet")).to_be_visible()

    page.get_by_test_id("undo-toast").get_by_role("button", name="Undo").click()

    expect_names(page, ["Commander Collins"])
    expect(page.get_by_test_id("undo-toast")).to_have_count(0)
    assert person.request("GET", f"/api/v1/records/{record}/original/").status == 200


def test_a_record_is_deleted_while_it_is_recognised(person: Person, large_portrait: bytes) -> None:
    picture = {"name": "large.jpg", "mimeType": "image/jpeg", "buffer": large_portrait}
    form = {"consent": "true", "name": "Goes", "files": picture}
    answer = person.request("POST", "/api/v1/recognitions/", multipart=form)
    record, job = (answer.json()["jobs"][0][name] for name in ("record", "id"))
    show_list(person.page)

    person.page.get_by_role("button", name="Delete Goes").click()

    expect(person.page.get_by_text("No records yet")).to_be_visible()
    for path in (f"records/{record}/", f"jobs/{job}/"):
        assert person.request("GET", f"/api/v1/{path}").status == 404
    # Once the work is over, whether it was stopped or came too late, there is nothing either.
    after = person.upload("Stays")
    person.page.reload()
    expect_names(person.page, ["Stays"])
    assert [row["id"] for row in person.api("GET", "records/")["results"]] == [after]


def test_many_are_deleted_and_then_gone_for_good(
    person: Person, product: tuple[Program, str, Path]
) -> None:
    page, media = person.page, product[2] / "media"
    # By content, as their names say nothing: this picture is stored nowhere else.
    own = person.upload("Stays")
    ids = [person.upload(f"Goes {n}") for n in range(3)]
    before = {path for path in media.rglob("*") if path.is_file()}
    show_list(page)
    for n in range(3):
        page.get_by_label(f"Select Goes {n}").check()
    bar = page.get_by_test_id("selection-bar")
    expect(bar).to_contain_text("3 selected")

    bar.get_by_role("button", name="Delete").click()
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text("Delete these 3 records?")
    dialog.get_by_role("button", name="Cancel").click()
    expect(page.locator("[data-record-link]")).to_have_count(4)
    bar.get_by_role("button", name="Delete").click()
    dialog.get_by_role("button", name="Delete").click()

    expect_names(page, ["Stays"])
    expect(page.get_by_test_id("undo-toast")).to_contain_text("3 records were deleted.")
    gone = wait_for(
        # Original, thumbnail, crop, picture with boxes: at least three files of each.
        lambda: len(before - {path for path in media.rglob("*") if path.is_file()}) >= 9,
        "the files are gone",
        90,
    )
    assert gone
    expect(page.get_by_test_id("undo-toast")).to_have_count(0)
    assert person.api("POST", "records/restore/", {"ids": ids})["restored"] == []
    assert person.request("GET", f"/api/v1/records/{own}/original/").status == 200


def test_records_are_filtered_and_sorted(person: Person, faceless: bytes) -> None:
    page = person.page
    person.upload("Commander Collins")
    person.upload("A gradient", faceless)
    corrected = person.upload("Zoe")
    person.api("PATCH", f"records/{corrected}/", {"tags": ["friends"]})
    (face,) = person.api("GET", f"records/{corrected}/")["faces"]
    person.api("PUT", f"faces/{face['id']}/correction/", {"expression": "sad"})
    show_list(page)
    expect_names(page, ["Zoe", "A gradient", "Commander Collins"])
    page.get_by_label("Sort by").select_option("Name, A to Z")
    expect_names(page, ["A gradient", "Commander Collins", "Zoe"])
    page.get_by_role("button", name=re.compile("^Filters")).click()
    panel = page.get_by_role("form", name="Filter records")

    panel.get_by_role("combobox", name="Faces", exact=True).select_option("Without a face")
    expect_names(page, ["A gradient"])
    panel.get_by_role("combobox", name="Faces", exact=True).select_option("With a face")
    expect_names(page, ["Commander Collins", "Zoe"])
    panel.get_by_role("group", name="Expression as corrected").get_by_label("Sad").check()
    expect_names(page, ["Zoe"])
    chip = page.get_by_test_id("filter-chip").filter(has_text="Corrected to Sad")
    chip.click()
    expect_names(page, ["Commander Collins", "Zoe"])
    panel.get_by_role("group", name="Expression as recognised").get_by_label("Fear").check()
    expect(page.get_by_role("heading", name="No record matches")).to_be_visible()
    page.get_by_role("button", name="Clear all filters").first.click()
    expect(page.locator("[data-record-link]")).to_have_count(3)
    panel.get_by_role("group", name=re.compile("^Tags")).get_by_label("friends").check()
    expect_names(page, ["Zoe"])

    # The address holds it all: another tab, or Back after looking at one, shows the same.
    page.locator("[data-record-link]").click()
    expect(page.get_by_role("heading", level=1, name="Zoe")).to_be_visible()
    page.go_back()
    expect_names(page, ["Zoe"])


def test_the_list_as_table_and_as_pictures(person: Person) -> None:
    page = person.page
    person.upload("Commander Collins")
    person.upload("Ada")
    show_list(page)
    expect(page.get_by_test_id("record-card")).to_have_count(2)

    page.get_by_role("radio", name="Table").check()

    expect(page.get_by_role("table", name="Records")).to_be_visible()
    expect(page.get_by_test_id("record-card")).to_have_count(0)
    expect(page.get_by_role("row")).to_have_count(3)
    page.get_by_role("button", name="Name", exact=True).click()
    expect_names(page, ["Ada", "Commander Collins"])
    expect(page.get_by_role("columnheader", name="Name")).to_have_attribute(
        "aria-sort", "ascending"
    )
    page.reload()
    expect(page.get_by_role("table", name="Records")).to_be_visible()
    assert names_shown(page) == ["Ada", "Commander Collins"]


def test_statistics_as_charts_and_as_tables(person: Person, tmp_path: Path) -> None:
    page = person.page
    records = [person.upload(f"Number {n}") for n in range(2)]
    (face,) = person.api("GET", f"records/{records[0]}/")["faces"]
    person.api("PUT", f"faces/{face['id']}/correction/", {"expression": "neutral"})

    page.goto("/statistics")

    charts = page.get_by_test_id("chart")
    expect(charts).to_have_count(6)
    shares = page.get_by_role("region", name="Expressions shown")
    shares.get_by_role("button", name="Table of “Expressions shown”").click()
    table = shares.get_by_role("table")
    expect(table.get_by_role("row", name=re.compile("^Happy"))).to_have_text(re.compile("1.*50"))
    expect(table.get_by_role("row", name=re.compile("^Neutral"))).to_have_text(re.compile("1.*50"))
    with page.expect_download() as download:
        shares.get_by_role("button", name="CSV of “Expressions shown”").click()
    rows = list(csv.reader(io.StringIO(saved(download.value, tmp_path).read_text("utf-8-sig"))))
    assert len(rows) == 8
    shares.get_by_role("button", name="Chart of “Expressions shown”").click()
    with page.expect_download() as download:
        shares.get_by_role("button", name="PNG of “Expressions shown”").click()
    assert saved(download.value, tmp_path).read_bytes().startswith(b"\x89PNG")


def test_records_are_exported_and_imported_elsewhere(
    person: Person, other: Person, tmp_path: Path
) -> None:
    page = person.page
    record = person.upload("=1+1 is no formula")
    person.api("PATCH", f"records/{record}/", {"tags": ["kept"], "note": "With a note"})
    show_list(page)
    files = {}
    for kind in ("CSV", "JSON", "ZIP"):
        page.get_by_role("button", name="Export all").click()
        with page.expect_download() as download:
            page.get_by_role("link", name=kind).click()
        files[kind] = saved(download.value, tmp_path)
    rows = list(csv.DictReader(io.StringIO(files["CSV"].read_text("utf-8-sig"))))
    assert len(rows) == 1
    assert not any(cell.startswith("=") for cell in rows[0].values())
    assert json.loads(files["JSON"].read_text())
    names = zipfile.ZipFile(files["ZIP"]).namelist()
    assert any(name.endswith((".jpg", ".png", ".webp")) for name in names), names

    theirs = other.page
    show_list(theirs)
    theirs.get_by_role("button", name="Import", exact=True).click()
    dialog = theirs.get_by_role("dialog")
    dialog.get_by_role("button", name="Import").click()
    expect(dialog.get_by_role("alert")).to_have_text("Please choose a file.")
    dialog.get_by_label("File").set_input_files(files["ZIP"])
    dialog.get_by_role("button", name="Import").click()
    expect(theirs.get_by_test_id("import-result")).to_contain_text("1 record was imported.")
    dialog.get_by_role("button", name="Close").click()
    expect_names(theirs, ["=1+1 is no formula"])
    theirs.locator("[data-record-link]").click()
    expect(theirs.get_by_test_id("record-note")).to_have_text("With a note")
    expect(theirs.get_by_test_id("face-card")).to_have_count(1)
    picture = theirs.locator("main img").first
    expect(picture).to_have_js_property("naturalWidth", 512)


def test_more_records_are_exported_than_an_address_can_name(person: Person, tmp_path: Path) -> None:
    """A hundred and thirty, of which one was recognised and the others are its copies."""
    page = person.page
    person.upload("The first")
    export = person.request("GET", "/api/v1/records/export/?format=json").json()
    (original,) = export["records"]
    export["records"] = [
        {**original, "id": str(uuid.uuid4()), "name": f"Copy {n}"} for n in range(129)
    ]
    copies = {
        "name": "a.json",
        "mimeType": "application/json",
        "buffer": json.dumps(export).encode(),
    }
    answer = person.request("POST", "/api/v1/records/import/", multipart={"file": copies})
    assert answer.ok, answer.text()
    show_list(page)
    links = page.locator("[data-record-link]")
    expect(links.first).to_be_visible()
    while (listed := links.count()) < 130:
        page.get_by_role("button", name="Load more").click()
        expect(links.nth(listed)).to_be_visible()
    page.get_by_label("Select The first").check()
    bar = page.get_by_test_id("selection-bar")
    bar.get_by_role("button", name="Select all").click()
    expect(bar).to_contain_text("130 selected")

    bar.get_by_role("button", name="Export").click()
    with page.expect_download() as download:
        bar.get_by_role("button", name="JSON").click()

    records = json.loads(saved(download.value, tmp_path).read_text())["records"]
    assert {one["name"] for one in records} == {"The first", *(f"Copy {n}" for n in range(129))}
    expect(bar).to_contain_text("130 selected")  # the page is still there


def test_what_is_no_export_cannot_be_imported(person: Person, tmp_path: Path) -> None:
    page = person.page
    broken = tmp_path / "broken.json"
    broken.write_text('{"records": ')
    show_list(page)
    page.get_by_role("button", name="Import", exact=True).click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("File").set_input_files(broken)

    dialog.get_by_role("button", name="Import").click()

    expect(dialog.get_by_role("alert")).not_to_be_empty()
    assert person.api("GET", "records/")["results"] == []


def test_recognised_again_by_another_detector(person: Person) -> None:
    page = person.page
    record = person.upload("Commander Collins")
    person.open_record(record)
    before = person.api("GET", f"records/{record}/")["detector"]
    page.get_by_role("button", name="Recognise again").click()
    dialog = page.get_by_role("dialog")
    detector = dialog.get_by_label("Face detector")
    expect(detector).to_be_visible()

    detector.select_option("opencv_haar" if before != "opencv_haar" else "dlib_hog")
    dialog.get_by_role("button", name="Recognise", exact=True).click()

    expect(dialog).to_be_hidden()
    expect(page.locator("[role=status]").filter(has_text="The new result is here")).to_have_count(1)
    expect(page.get_by_test_id("face-card")).to_have_count(1)
    assert person.api("GET", f"records/{record}/")["detector"] != before


def test_results_only(person: Person) -> None:
    page = person.page
    page.goto("/settings/privacy")
    page.get_by_label("Results only").check()
    page.get_by_role("button", name="Save").first.click()
    expect(page.get_by_role("status").filter(has_text="saved")).to_have_count(1)

    page.goto("/upload")
    expect(page.get_by_label("What to keep")).to_have_value("results")
    record = person.upload("Nothing to see")
    person.open_record(record)

    expect(page.get_by_test_id("not-kept")).to_contain_text("The picture was not kept.")
    expect(page.get_by_test_id("face-card")).to_have_count(1)
    expect(page.get_by_role("button", name="Recognise again")).to_have_count(0)
    stored = person.api("GET", f"records/{record}/")
    assert (stored["original"], stored["thumbnail"], stored["faces"][0]["crop"]) == (None,) * 3
    for file in ("original", "thumbnail", "annotated"):
        assert person.request("GET", f"/api/v1/records/{record}/{file}/").status == 404


def test_what_is_somebody_elses_does_not_exist(person: Person, other: Person) -> None:
    record = person.upload("Mine")
    (face,) = person.api("GET", f"records/{record}/")["faces"]

    for address in (
        *(f"records/{record}/{file}" for file in ("", "original/", "thumbnail/", "annotated/")),
        f"faces/{face['id']}/crop/",
        f"records/{uuid.uuid4()}/",
    ):
        assert other.request("GET", f"/api/v1/{address}").status == 404, address
    refused = other.request(
        "PUT", f"/api/v1/faces/{face['id']}/correction/", data={"expression": "sad"}
    )
    assert refused.status == 404
    for guess in (record, str(uuid.uuid4()), "not-an-id"):
        other.page.goto(f"/records/{guess}")
        expect(other.page.get_by_role("heading", name="Record not found")).to_be_visible()
    unknown = person.request(
        "PUT", f"/api/v1/faces/{face['id']}/correction/", data={"expression": "bored"}
    )
    assert unknown.status == 400
    assert person.api("GET", f"records/{record}/")["faces"][0]["correction"] is None
