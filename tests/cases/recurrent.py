"""Cases of the recurrent layers: one, two and five steps, with and without states and masks, in every direction."""

from __future__ import annotations

from chainrule.layers.bidirectional import Bidirectional
from chainrule.layers.cells import GRU, LSTM, RNN
from tests.cases.form import MASKED, LayerCase

ONE, TWO, FIVE = (3, 1, 2), (3, 2, 2), (3, 5, 2)
STATE = (3, 2)

# A single step without states has no gradient of Wh to break; tests/test_recurrent.py has that one.
LAYER_CASES = [
    LayerCase("rnn, one step from a state", RNN(2), ONE, states=(STATE,)),
    LayerCase("rnn relu, sequence", RNN(2, "relu", sequence=True), TWO),
    LayerCase("rnn relu reversed, masked, from a state", RNN(2, "relu", reverse=True), FIVE, MASKED, (STATE,)),
    LayerCase("lstm", LSTM(2), FIVE),
    LayerCase("lstm sequence, one step from states", LSTM(2, sequence=True), ONE, states=(STATE, STATE)),
    LayerCase("lstm, masked, from states", LSTM(2), FIVE, MASKED, (STATE, STATE)),
    LayerCase("lstm reversed sequence, masked", LSTM(2, sequence=True, reverse=True), FIVE, MASKED),
    LayerCase("gru, one step from a state", GRU(2), ONE, states=(STATE,)),
    LayerCase("gru reversed", GRU(2, reverse=True), TWO),
    LayerCase("gru sequence, masked, from a state", GRU(2, sequence=True), FIVE, MASKED, (STATE,)),
    LayerCase(
        "bidirectional rnn sequence, masked, from states",
        Bidirectional(RNN(2, sequence=True)),
        FIVE,
        MASKED,
        (STATE,) * 2,
    ),
    LayerCase("bidirectional lstm, one step from states", Bidirectional(LSTM(1)), ONE, states=((3, 1),) * 4),
]
