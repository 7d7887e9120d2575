"""What the page calls what can be chosen, and a sentence about each."""

from __future__ import annotations

from typing import NamedTuple

from chainrule.common.texts import later


class Words(NamedTuple):
    """A name and a sentence, in English; told through `tr`."""

    title: str
    about: str


LAYERS: dict[str, dict[str, Words]] = {
    later("Dense and activation"): {
        "Dense": Words(later("Dense"), later("Connects every input to every unit.")),
        "Activation": Words(
            later("Activation"), later("Bends the numbers, so that layers together are more than one.")
        ),
    },
    later("Regularization"): {
        "Dropout": Words(
            later("Dropout"),
            later("Sets random activations to 0 in training, so that units do not rely on each other."),
        ),
        "SpatialDropout": Words(later("Spatial dropout"), later("Sets whole channels to 0 in training.")),
    },
    later("Normalization"): {
        "BatchNorm": Words(
            later("Batch normalization"), later("Brings each feature to mean 0 and variance 1 over the batch.")
        ),
        "LayerNorm": Words(
            later("Layer normalization"), later("Brings the features of each example to mean 0 and variance 1.")
        ),
        "GroupNorm": Words(
            later("Group normalization"), later("Normalizes groups of channels, each example by itself.")
        ),
        "RMSNorm": Words(
            later("RMS normalization"), later("Divides each example by the root mean square of its features.")
        ),
    },
    later("Convolution"): {
        "Conv2D": Words(later("Convolution of pictures"), later("Slides small filters over a picture.")),
        "Conv1D": Words(later("Convolution of sequences"), later("Slides small filters along a sequence.")),
    },
    later("Pooling"): {
        "MaxPool": Words(later("Max pooling"), later("Keeps the largest value of each window.")),
        "AveragePool": Words(later("Average pooling"), later("Takes the mean of each window.")),
        "GlobalAveragePool": Words(
            later("Global average pooling"), later("Takes the mean of each channel over all places.")
        ),
    },
    later("Recurrent"): {
        "RNN": Words(later("Simple recurrent layer"), later("Reads a sequence step by step, with a state.")),
        "LSTM": Words(later("LSTM"), later("Reads a sequence; gates decide what it remembers.")),
        "GRU": Words(later("GRU"), later("Reads a sequence, with two gates and no memory besides the state.")),
        "Bidirectional": Words(later("Bidirectional"), later("Reads a sequence from both ends.")),
    },
    later("Blocks of layers"): {
        "Residual": Words(
            later("Residual block"),
            later("Adds what goes in to what its layers make of it, so that they learn the difference."),
        ),
        "Concatenate": Words(
            later("Parallel branches"), later("Gives all branches the same input, and joins what they make of it.")
        ),
    },
    later("Shape"): {
        "Flatten": Words(later("Flatten"), later("Makes one vector of each example.")),
        "Reshape": Words(later("Reshape"), later("Arranges the numbers of each example in another shape.")),
        "ZeroPad": Words(later("Zero padding"), later("Puts zeros around a sequence or a picture.")),
        "Upsample": Words(later("Upsampling"), later("Repeats each step or pixel.")),
    },
}
"""The layers that can be added, by group and type."""

LOSSES: dict[str, Words] = {
    "BinaryCrossEntropy": Words(later("Binary cross-entropy"), later("Of yes or no, with the sigmoid it owns.")),
    "CategoricalCrossEntropy": Words(
        later("Categorical cross-entropy"), later("Of one class among several, with the softmax it owns.")
    ),
    "MeanSquaredError": Words(later("Mean squared error"), later("Of values: the output becomes their mean.")),
    "MeanAbsoluteError": Words(later("Mean absolute error"), later("Of values: the output becomes their median.")),
    "Huber": Words(
        later("Huber loss"), later("Squared near the target and absolute far from it: outliers count less.")
    ),
    "Quantile": Words(
        later("Quantile loss"), later("The output becomes the value below which a share of the targets lies.")
    ),
    "Poisson": Words(later("Poisson loss"), later("Of counts, with the exponential it owns.")),
}

OPTIMIZERS: dict[str, Words] = {
    "SGD": Words(later("SGD"), later("A step against the gradient, as long as the learning rate says.")),
    "Momentum": Words(later("Momentum"), later("Steps that keep a part of the steps before.")),
    "Nesterov": Words(later("Nesterov's momentum"), later("Momentum whose gradient is taken a step ahead.")),
    "AdaGrad": Words(later("AdaGrad"), later("Divides by the root of all squared gradients so far.")),
    "RMSProp": Words(later("RMSProp"), later("Divides by the root of the recent squared gradients.")),
    "Adam": Words(later("Adam"), later("Momentum, divided by the root of the recent squared gradients.")),
    "AdamW": Words(later("AdamW"), later("Adam with weight decay that the gradient's scale does not change.")),
    "Lion": Words(later("Lion"), later("Only the sign of a mean of gradients: every parameter moves equally far.")),
}

SCHEDULES: dict[str, Words] = {
    "StepDecay": Words(later("Steps down"), later("Multiplies the rate by a factor every so many steps.")),
    "Exponential": Words(later("Exponential decay"), later("Falls smoothly by a factor per so many steps.")),
    "Cosine": Words(later("Cosine"), later("Falls along half a cosine, then stays.")),
    "CosineLog": Words(
        later("Repeated cosines"), later("Rises and falls along four cosines, each longer than the one before.")
    ),
    "Warmup": Words(later("Warm-up"), later("Rises over the first steps, then follows another schedule.")),
}

INITIALIZERS: dict[str, Words] = {
    "he": Words(later("He"), later("For ReLU and its relatives.")),
    "xavier": Words(later("Xavier"), later("For tanh and sigmoid.")),
    "lecun": Words(later("LeCun"), later("Variance 1/n: numbers keep their size.")),
    "orthogonal": Words(later("Orthogonal"), later("For deep linear and recurrent networks.")),
    "normal": Words(later("Small normal numbers"), later("0.01 times normal numbers, as in the lecture notes.")),
    "zeros": Words(later("Zeros"), later("All units stay alike: see what happens.")),
}

SETTINGS: dict[str, str] = {
    "units": later("units"),
    "initializer": later("first weights"),
    "bias": later("bias"),
    "function": later("function"),
    "alpha": later("slope below 0 (alpha)"),
    "rate": later("rate"),
    "momentum": later("momentum"),
    "epsilon": later("epsilon"),
    "groups": later("groups"),
    "filters": later("filters"),
    "kernel": later("kernel size"),
    "stride": later("stride"),
    "padding": later("padding"),
    "dilation": later("dilation"),
    "window": later("window"),
    "activation": later("activation function"),
    "sequence": later("answer at every step"),
    "reverse": later("from the last step on"),
    "layer": later("layer"),
    "body": later("layers of the block"),
    "shortcut": later("shortcut"),
    "bodies": later("branches"),
    "shape": later("shape"),
    "factor": later("factor"),
    "label_smoothing": later("label smoothing"),
    "delta": later("delta"),
    "q": later("share"),
    "lr": later("learning rate"),
    "weight_decay": later("weight decay (L2)"),
    "clip_norm": later("longest gradient (clip_norm)"),
    "beta": later("beta"),
    "beta1": later("beta 1"),
    "beta2": later("beta 2"),
    "every": later("every so many steps"),
    "steps": later("steps"),
    "end": later("rate at the end"),
    "after": later("afterwards"),
}
"""What people call the settings."""

DATA: dict[str, str] = {
    "toy": later("toy sets"),
    "gate": later("gates"),
    "digits": later("digits"),
    "sequence": later("sequences"),
    "own": later("your own"),
}
"""Groups of data."""

OWN: dict[str, Words] = {
    "table": Words(later("Your table"), later("A CSV file of your own; you choose the column to predict.")),
    "points": Words(later("Draw points"), later("Points of up to six classes, drawn with the mouse.")),
    "curve": Words(later("Draw a curve"), later("A curve to learn, drawn with the mouse.")),
    "drawn_digits": Words(later("Draw digits"), later("Digits in your own hand.")),
}

FORMS: dict[str, Words] = {
    "flat": Words(later("As a row of 784 pixels"), later("For dense layers.")),
    "picture": Words(later("As a picture"), later("For convolutions.")),
    "rows": Words(later("Row by row, as a sequence"), later("For recurrent layers.")),
}

TITLES: dict[str, str] = {
    "xor": later("XOR, noisy"),
    "moons": later("Moons"),
    "circles": later("Circles"),
    "flower": later("Flower"),
    "blobs": later("Clouds"),
    "spirals": later("Spirals"),
    "sine": later("Sine"),
    "first": later("The first number"),
    "waves": later("Waves"),
    "adding": later("Adding"),
    "mlp": later("Two dense layers"),
    "conv": later("Convolutions"),
    "lstm": later("LSTM"),
    "rnn": later("Simple recurrent network"),
    "linear": later("No hidden layer"),
}
"""Of data sets and of networks to begin with."""
