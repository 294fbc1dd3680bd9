"""No phone and no identity number of the export can be anybody's."""

import phonenumbers
import polars as pl
import pytest

WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)


@pytest.mark.parametrize("place", ["mobile", "work", "home"])
def test_no_phone_is_valid_in_china(large, place):
    phones = large.contacts.filter(pl.col("place") == place)["phone"]
    assert len(phones) > 1_000
    for phone in phones.sample(2_000, seed=1):
        assert not phonenumbers.is_valid_number(phonenumbers.parse(phone, "CN")), phone


def test_mobiles_lie_outside_the_mobile_prefixes_and_landlines_have_no_city(large):
    mobile = large.contacts.filter(pl.col("place") == "mobile")["phone"]
    assert mobile.str.contains(r"^100[234]\d{7}$").all()
    others = large.contacts.filter(pl.col("place") != "mobile")["phone"]
    assert others.str.contains(r"^026-0\d{7}$").all()


def test_identity_numbers_have_no_province_and_a_wrong_check_digit(large):
    numbers = large.customers["id_number"]
    assert numbers.str.contains(r"^99\d{15}[\dX]$").all()
    for number in numbers:
        right = "10X98765432"[sum(int(d) * w for d, w in zip(number, WEIGHTS, strict=False)) % 11]
        assert number[-1] != right


def test_identity_number_tells_the_birthday_and_the_sex_it_stands_beside(large):
    customers = large.customers
    assert (customers["id_number"].str.slice(6, 8) == customers["born_on"].dt.strftime("%Y%m%d")).all()
    odd = customers["id_number"].str.slice(16, 1).cast(pl.Int32) % 2 == 1
    assert (odd == (customers["sex"] == "M")).all()


def test_borrowers_phones_differ(large):
    phones = large.contacts.filter(pl.col("place") == "mobile")["phone"]
    assert phones.n_unique() == len(phones)


def test_names_are_chinese(large):
    assert large.customers["name"].str.contains(r"^[\u4e00-\u9fff]{2,4}$").all()
    assert large.customers["name"].n_unique() > 5_000
