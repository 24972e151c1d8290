from ablate.study.aliases import Aliased, aliases
from tests.study.fake_workload import FAKE
from tests.study.made_studies import NORM, OPTIMIZER, POOL, RECIPE, WIDTH, study


def test_aliases_of_a_fraction_are_those_of_the_textbook() -> None:
    """The half fraction of 2^4 by I = abcd (Montgomery, table 8.3): ab = cd, ac = bd, ad = bc."""
    factors = dict(zip("abcd", (POOL, NORM, WIDTH, OPTIMIZER), strict=True))
    design = {"kind": "fractional_factorial", "resolution": 4}
    assert set(aliases(study(factors, design=design), FAKE)) == {
        Aliased("baseline", "a:b", ("c:d",)),
        Aliased("baseline", "c:d", ("a:b",)),
        Aliased("baseline", "a:c", ("b:d",)),
        Aliased("baseline", "b:d", ("a:c",)),
        Aliased("baseline", "a:d", ("b:c",)),
        Aliased("baseline", "b:c", ("a:d",)),
    }


def test_a_full_factorial_has_no_aliases() -> None:
    assert aliases(study(RECIPE, design="full_factorial"), FAKE) == ()
