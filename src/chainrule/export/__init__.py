"""Networks as files that run without chainrule, and as those of other libraries; each is imported when it is used."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
