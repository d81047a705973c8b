"""Tests, one folder a room; journeys, house and factories beside them."""
