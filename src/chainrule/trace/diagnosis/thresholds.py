"""What is too much or too little: every number that decides a finding, with its reason.

"Healthy" are 50 networks on the data that ships and as in `examples/`, which were measured for this table, before and
after training; `tests/diagnosed_nets.py` has a choice of them. A threshold lies well beyond all of these, so what is a
little off is not accused.
"""

from __future__ import annotations

# How much is looked at.
EXAMPLES = 4096  # of the data, for inputs and targets: a class of 1 % then comes some 40 times
PASSED = 256  # of these, through the network: the RMS of a gradient is known to some percent, in milliseconds
ENOUGH = 16  # below this, half of the ReLUs that are well are off for all examples now and then
MANY = 50  # below this, a feature that is rarely on looks constant, and classes by chance far out of balance
TRIAL = 10  # steps on a copy: a rate at which the loss runs away does so within a few

# Inputs and targets.
INPUT_RMS = 10.0  # He and Xavier assume 1; pixels up to 255 have about 80, and all healthy inputs 0.2 to 2
INPUT_LARGEST = 0.05  # if all numbers are below it, what the first layer adds up is lost beside its bias
COLUMN_RATIO = 100.0  # of standard deviations: the small column's weights get a gradient that is 100 times smaller
SPARSE = 0.2  # the share of one value in the columns that vary, from which on it is a background, as of pictures
DENSE = 0.5  # of one value: such columns, as of words or of pixels near the border, have no scale to compare
TARGET_RMS = 100.0  # outputs begin near 1, and an error of 100 makes a gradient of 200
RAREST = 0.1  # of an even share: a class as rare hardly adds to the loss, so answering without it costs little
EXPECTED = 20  # examples of each class, if all came equally often: with fewer, a rare one may be missing by chance

# The last activation.
OUT_OF_REACH = 0.1  # of the targets' standard deviation: an error as large stays, however long it trains
LOGIT = 4.0  # of either sign: with less, no probability gets beyond 98 %, or below 2 %

# Layers.
DEAD = 0.6  # of the units: with one input, healthy layers had up to 0.5; what is dead by a fault is near 1
SATURATED = 0.8  # of the numbers: a healthy layer that has learned a sharp border had up to 0.57
TWINS = 0.5  # of the units that have a twin: units that begin at random have none
SAME = 1e-4  # of their RMS: how far numbers may lie apart to count as equal, with rounding in float32
BATCH_VALUES = 8  # per channel: the standard deviation of fewer is off by a quarter and more

# Gradients: RMS per number, so that widths compare, relative to the last layer's.
VANISHING = 1e-3  # healthy networks had 0.02 and more, the deepest (30 layers with shortcuts) 0.2
EXPLODING = 1e3  # healthy networks had 8 and less
TIME_VANISHING = 1e-6  # from the last step to the first: a healthy GRU before training had 4e-5 over 28 steps
TIME_EXPLODING = 1e3  # healthy layers had less than 3

# Learning. The loss is compared with that of guessing: of the best answer that is the same for all examples.
START = 3.0  # times guessing, before training: healthy networks had up to 1.9
WRONG = 1.5  # times guessing, after training: what learned nothing has 1, so it is surer than it knows
SIGMAS = 3.0  # standard deviations: fewer right answers more than chance has are chance
SHIFTED = 0.75  # mean probability of the shifted labels: healthy networks had 0.68 by chance, in their first epochs
SURE = 0.85  # mean probability of its own answers: before this, as up to 0.82 in first epochs, nothing was learned
LEARNED = 0.99  # of guessing: less than that learns even the last layer's bias from an uneven batch
EPOCHS = 10  # before as many, a network may not have begun to learn yet
RISING = 1.5  # times the loss of the start, or of guessing: what only jitters near its minimum stays below guessing
SLOWER = tuple(10.0**-k for k in range(1, 9))  # times the rate, tried in turn: if none helps, it is not to blame
STANDSTILL = 1e-4  # RMS of the update over RMS of the weights: 10,000 steps to change them once. Usual is 1e-3
UNMOVED = 1e-3  # of the loss: a fall as small in all steps of the trial needs 10,000 to come to anything
FASTER = (100.0, 1e4, 1e6)  # times the rate, tried in turn: below 100 times, patience would do, too
USUAL = (0.1, 0.01, 1e-3, 1e-4)  # rates, tried last if they are farther away: a rate may be wrong by any factor
FALLEN = 0.01  # of the loss: ten times what counts as unmoved, so the other rate is really better
STUCK = 0.5  # of guessing: below it, a loss that stands still may have arrived
