"""The estimators follow scikit-learn's rules, and work in pipelines, cross-validation and grid search."""

import subprocess
import sys

import numpy as np
import pytest

sklearn = pytest.importorskip("sklearn", minversion="1.6")

from sklearn.base import clone  # noqa: E402
from sklearn.model_selection import GridSearchCV, cross_val_score  # noqa: E402
from sklearn.pipeline import make_pipeline  # noqa: E402
from sklearn.preprocessing import StandardScaler  # noqa: E402
from sklearn.utils.estimator_checks import parametrize_with_checks  # noqa: E402

import nn  # noqa: E402
from nn.datasets import iris  # noqa: E402


@parametrize_with_checks([nn.Classifier(epochs=30), nn.Regressor(epochs=30)])
def test_rules_of_scikit_learn(estimator, check):
    check(estimator)


IRIS = np.array(iris().inputs), np.array([iris().class_names[t] for t in iris().targets])


def test_pipelines_cross_validation_and_searches():
    X, y = IRIS
    pipeline = make_pipeline(StandardScaler(), nn.Classifier([6], epochs=40, lr=0.02, random_state=0))
    assert cross_val_score(pipeline, X, y, cv=3).mean() > 0.9
    search = GridSearchCV(pipeline, {"classifier__hidden": [[4], [6, 4]], "classifier__activation": ["tanh", "relu"]}, cv=2)
    best = search.fit(X, y).best_estimator_["classifier"]
    assert list(best.classes_) == ["setosa", "versicolor", "virginica"] and len(best.history_) == 40
    probabilities = search.predict_proba(X)
    assert probabilities.shape == (150, 3) and np.allclose(probabilities.sum(axis=1), 1.0)
    assert (best.classes_[probabilities.argmax(axis=1)] == search.predict(X)).all()


def test_what_it_predicts_is_what_its_module_computes():
    X, y = np.array([[0.0, 1.0], [1.0, 0.0], [0.5, 0.5], [2.0, -1.0]]), np.array([[1.0, 2.0], [0.0, 1.0], [3.0, 0.5], [1.0, 1.0]])
    regressor = nn.Regressor([3], activation=nn.Tanh(), epochs=3, random_state=1).fit(X, y)
    assert regressor.predict(X).tolist() == [[v.data for v in regressor.module_(row.tolist())] for row in X]
    assert (clone(regressor).fit(X, y).predict(X) == regressor.predict(X)).all()


def test_a_network_of_your_own_and_patience():
    X, y = IRIS
    X = StandardScaler().fit_transform(X)
    made = []

    def model(inputs, outputs):
        made.append(nn.Sequential(nn.Layer(inputs, 5, seed=0), nn.Residual(nn.Layer(5, 5, seed=1)), nn.Layer(5, outputs, nonlin=False, seed=2)))
        return made[-1]

    classifier = nn.Classifier(model=model, epochs=200, lr=0.02, patience=15, held_out=0.2, random_state=0).fit(X, y)
    assert classifier.module_ is made[0] and classifier.score(X, y) > 0.9
    assert classifier.history_.stopped == "patience" and len(classifier.history_.validation_losses) == classifier.n_iter_ < 200


def test_what_is_refused():
    X, y = IRIS
    with pytest.raises(ValueError, match="autograd_core has no function 'thanh': use an existing one, such as 'relu' or 'tanh'"):
        nn.Classifier(activation="thanh").fit(X, y)
    with pytest.raises(ValueError, match="the targets contain only 1 class: a classifier needs at least 2"):
        nn.Classifier().fit(X, ["setosa"] * 150)
    with pytest.raises(AttributeError, match="module 'nn' has no attribute 'Cluster'"):
        _ = nn.Cluster


def test_nn_does_not_need_scikit_learn(monkeypatch):
    script = "import sys, nn; print('sklearn' in sys.modules, 'numpy' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True).stdout == "False False\n"
    monkeypatch.setitem(sys.modules, "nn.estimators", None)
    monkeypatch.delattr(nn, "estimators")
    with pytest.raises(ImportError, match=r"nn\.Regressor needs scikit-learn: pip install 'autograd-core\[sklearn\]'"):
        _ = nn.Regressor
