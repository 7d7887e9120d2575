from .c_file import c as c
from .numpy_script import numpy as numpy
