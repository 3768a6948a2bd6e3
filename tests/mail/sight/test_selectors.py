"""Selectors: the name by which a rule is looked up is one that every element it means has."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from mailmcp.mail.sight.cascade import sheet
from mailmcp.mail.sight.pseudos import Element
from mailmcp.mail.sight.selectors import needed_name, selectors

TAGS = ("p", "td", "a")
CLASSES = ("x", "code-box", "Größe", "1n")
IDS = ("main", "Top")
SIMPLE = st.sampled_from(
    [
        "p", "TD", "*", "a", ".x", ".code-box", r".\31n", r".c\6f de-box", ".Größe", "#main", "#Top", "[id]",
        "[class~=x]", ":hover", "::before", ":not(.y)", ":is(.x, td)", ":first-child", "&", "%",
    ]
)  # fmt: skip
COMPOUNDS = st.lists(SIMPLE, min_size=1, max_size=3).map("".join)
SELECTORS = st.lists(COMPOUNDS, min_size=1, max_size=3).flatmap(
    lambda parts: st.sampled_from([" ", ">", " + ", "~"]).map(lambda sign: sign.join(parts))
)
ELEMENTS = st.builds(
    lambda tag, classes, name: Element(
        tag, name, frozenset(classes), {"id": name, "class": " ".join(classes)}, None, None, 1
    ),
    st.sampled_from(TAGS),
    st.lists(st.sampled_from(CLASSES), max_size=3),
    st.sampled_from(("", *IDS)),
)


@given(SELECTORS, ELEMENTS)
def test_an_element_that_a_selector_ends_in_has_the_name_the_rule_is_kept_under(written: str, element: Element):
    names = {"*", element.tag, "#" + element.id, *("." + one for one in element.classes)}
    for selector in selectors(written):
        if selector.steps[-1].matches(element) is not False:
            assert needed_name(written) in names


def test_a_rule_is_found_whatever_stands_in_the_rules_beside_it():
    css = """
        p{} .a{font-family:'x}',"y;{"} .a , .b{color:red;;} @media screen{.m{color:red}} /* } */ .c{color:red}
        .d{content:"\\"}"} .e{background:url(data:a;b)} .f:hover{color:red} .g{.h{color:red}color:red} #i.j{color:red}
    """
    found = sheet(css)
    shown = [
        (names, len(found.rules_for("p", {"class": names, "id": number}, depth)))
        for depth, (names, number) in enumerate(
            [("a", None), ("b", None), ("m", None), ("c", None), ("e", None), ("f", None), ("g", None), ("j", "i")]
        )
    ]
    assert shown == [("a", 2), ("b", 1), ("m", 1), ("c", 1), ("e", 1), ("f", 0), ("g", 1), ("j", 1)]
