"""What a NAF code says in words."""

from marketplace.structures.naf import label


def test_a_trade_is_named_by_its_code() -> None:
    assert label("8130Z") == "Services d'aménagement paysager"
    assert label("9601B") == "Blanchisserie-teinturerie de détail"


def test_a_code_that_names_no_trade_says_nothing() -> None:
    assert [label(code) for code in ("8899B", "9499Z", "", "nonsense")] == [""] * 4
