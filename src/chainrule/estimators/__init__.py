"""Networks as estimators of scikit-learn (the extra `sklearn`)."""

from chainrule.common.errors import missing_extra

try:
    import sklearn  # noqa: F401 - to say which extra is missing, before the imports below fail
except ModuleNotFoundError as error:
    raise missing_extra("chainrule.estimators", "scikit-learn", "sklearn") from error

from chainrule.estimators.classifier import NetworkClassifier
from chainrule.estimators.regressor import NetworkRegressor

__all__ = ["NetworkClassifier", "NetworkRegressor"]
