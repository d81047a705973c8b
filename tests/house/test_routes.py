"""Every route has a guard, or stands on the short public list."""

from flask import Flask

from marketplace.guards.roles import PUBLIC


def test_every_route_wears_a_guard_or_is_public(app: Flask) -> None:
    bare = {
        rule.endpoint
        for rule in app.url_map.iter_rules()
        if rule.endpoint not in PUBLIC and not hasattr(app.view_functions[rule.endpoint], "guard")
    }
    assert bare == set()


def test_the_public_list_names_only_routes_without_a_guard(app: Flask) -> None:
    assert set(app.view_functions) >= PUBLIC
    assert not {name for name in PUBLIC if hasattr(app.view_functions[name], "guard")}


def test_only_a_post_changes_something(app: Flask) -> None:
    """A view that writes takes a POST: GET and HEAD never reach a transaction."""
    for rule in app.url_map.iter_rules():
        assert rule.methods is not None
        assert rule.methods <= {"GET", "HEAD", "OPTIONS", "POST"}, rule.endpoint
