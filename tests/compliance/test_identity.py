from __future__ import annotations

from shouyue.compliance.identity import number_key, person_key


def test_the_same_document_is_the_same_person_at_every_brand():
    assert person_key("11010519491231002X", "A1") == person_key("１１０１０５ 19491231-002x", "B9")


def test_an_old_document_number_is_the_same_person():
    assert person_key("110105491231002", "A1") == person_key("11010519491231002X", "A1")


def test_without_a_document_the_customer_number_tells_persons_apart():
    assert person_key(None, "A1") == person_key("", "A1") == person_key("  ", "A1")
    assert person_key(None, "A1") != person_key(None, "A2")


def test_a_customer_number_is_no_document_number():
    assert person_key("A1", "x") != person_key(None, "A1")


def test_a_key_tells_nothing_and_fits(settings):
    key = person_key("11010519491231002X", "A1")
    assert len(key) == 64 and set(key) <= set("0123456789abcdef")
    settings.SECRET_KEY = "another"
    assert person_key("11010519491231002X", "A1") != key


def test_a_number_is_the_same_however_it_is_written():
    keys = {
        number_key(text)
        for text in ("13800005550", "+86 138 0000 5550", "0086-13800005550", "１３８ ００００ ５５５０")
    }
    assert len(keys) == 1 and len(keys.pop()) == 64
    assert number_key("13800005550") != number_key("13800005551")


def test_an_extension_is_another_line():
    assert number_key("010-55550100 ext. 1") != number_key("010-55550100 ext. 2")


def test_what_is_no_number_still_has_a_key():
    assert number_key("office") and number_key("") == number_key("  ") == ""
