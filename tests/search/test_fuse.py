"""Fusion is arithmetic on ranks: its properties hold for any lists."""

from hypothesis import given
from hypothesis import strategies as st

from search.fuse import RRF_K, Candidate, Ranking, best_per_shot, fuse

scores = st.floats(-1, 1, allow_nan=False)
candidates = st.lists(
    st.builds(Candidate, shot_id=st.integers(1, 30), at_us=st.integers(0, 10**9), score=scores), max_size=40
)
rankings = st.lists(
    st.builds(
        Ranking,
        source=st.sampled_from(["palette", "words", "cnn"]),
        candidates=candidates.map(best_per_shot),
        weight=st.floats(0.1, 4),
    ),
    max_size=4,
)


@given(candidates)
def test_a_shot_is_scored_by_its_best_moment(found: list[Candidate]) -> None:
    best = best_per_shot(found)
    assert len({item.shot_id for item in best}) == len(best)
    assert {item.shot_id for item in best} == {item.shot_id for item in found}
    for item in best:
        assert item.score == max(other.score for other in found if other.shot_id == item.shot_id)
    assert [item.score for item in best] == sorted((item.score for item in best), reverse=True)


@given(rankings)
def test_the_order_of_the_sources_does_not_matter(lists: list[Ranking]) -> None:
    shuffled = lists[::-1]
    assert [(item.shot_id, item.score) for item in fuse(lists)] == [
        (item.shot_id, item.score) for item in fuse(shuffled)
    ]


@given(rankings)
def test_every_candidate_is_kept_once_with_all_its_evidence(lists: list[Ranking]) -> None:
    fused = fuse(lists)
    found = [item.shot_id for ranking in lists for item in ranking.candidates]
    assert sorted(item.shot_id for item in fused) == sorted(set(found))
    assert sum(len(item.evidence) for item in fused) == len(found)


def test_the_score_is_the_weighted_sum_of_reciprocal_ranks() -> None:
    first, second = Candidate(1, 10, 0.9), Candidate(2, 20, 0.8)
    fused = fuse([Ranking("a", [first, second]), Ranking("b", [second], weight=2.0)])
    assert [item.shot_id for item in fused] == [2, 1]
    assert abs(fused[0].score - (1 / (RRF_K + 2) + 2 / (RRF_K + 1))) < 1e-9
    assert [(item.source, item.rank) for item in fused[0].evidence] == [("b", 1), ("a", 2)]


def test_words_lead_among_equals_so_that_the_hit_starts_where_they_are_said() -> None:
    seen = Ranking("palette", [Candidate(1, 5_000, 0.9)])
    said = Ranking("words", [Candidate(1, 7_000, 3.0, "the word")])
    assert fuse([seen, said])[0].evidence[0].at_us == 7_000
