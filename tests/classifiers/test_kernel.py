"""The kernel machine in numpy says what it was fitted to say."""

import numpy as np
import pytest

from classifiers.kernel import CLIP, SIGNALS_SHARE, Kernel, features, rounded


def test_a_turn_on_a_point_gets_what_the_point_adds() -> None:
    points = np.eye(3, dtype=np.float32) * 50
    dual, bend = np.array([1, -2, 0.5], np.float32), np.array([0.7, 1.5], np.float32)
    kernel = Kernel({**rounded(points), "dual": dual, "bend": bend})
    np.testing.assert_allclose(kernel.scores(points), [2.5, -0.5, 2.0], atol=1e-6)
    np.testing.assert_allclose(kernel.scores(points + 500), [1.5] * 3, atol=1e-6)


def test_signals_count_for_a_share_and_no_extreme_outweighs_the_meaning() -> None:
    ones, counted = np.ones((2, 1), np.float32), np.array([[3.0], [1e9]], np.float32)
    rows = features(ones, counted, np.array([1.0], np.float32), np.array([2.0], np.float32))
    np.testing.assert_allclose(rows, [[1, SIGNALS_SHARE], [1, SIGNALS_SHARE * CLIP]], rtol=1e-6)


@pytest.mark.train
def test_it_says_what_the_fitted_machine_says() -> None:
    from sklearn.svm import SVR

    from classifiers import stack

    random = np.random.default_rng(3)
    rows = random.normal(size=(80, 6)).astype(np.float32)
    levels = np.clip(np.round(rows[:, 0] + 2), 0, 4).astype(np.int64)
    weights = random.uniform(0.2, 2, 80)
    machine = SVR(C=stack.COST, gamma=stack.BEND, epsilon=stack.TUBE).fit(rows, levels, sample_weight=weights)
    np.testing.assert_allclose(
        Kernel(stack.kernel(rows, levels, weights)).scores(rows), machine.predict(rows), atol=0.05
    )
