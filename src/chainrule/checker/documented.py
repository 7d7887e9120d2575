"""The signatures that the course, the books and cs231n give their functions: who writes one of these means it."""

from __future__ import annotations

from chainrule.checker.learner import Learner

_COURSE = """
sigmoid(z) sigmoid(Z) relu(Z) relu(z) tanh(Z) softmax(Z)
sigmoid_backward(dA, cache) relu_backward(dA, cache) tanh_backward(dA, cache) softmax_backward(dA, cache)
initialize_with_zeros(dim) propagate(w, b, X, Y) optimize(w, b, X, Y, num_iterations, learning_rate) predict(w, b, X)
initialize_parameters(n_x, n_h, n_y) forward_propagation(X, parameters) compute_cost(A2, Y)
compute_cost(A2, Y, parameters) backward_propagation(parameters, cache, X, Y) update_parameters(parameters, grads)
initialize_parameters_deep(layer_dims) initialize_parameters_he(layers_dims) linear_forward(A, W, b)
linear_activation_forward(A_prev, W, b, activation) L_model_forward(X, parameters) compute_cost(AL, Y)
linear_backward(dZ, cache) linear_activation_backward(dA, cache, activation) L_model_backward(AL, Y, caches)
update_parameters(parameters, grads, learning_rate) update_parameters(params, grads, learning_rate)
compute_cost_with_regularization(A3, Y, parameters, lambd)
backward_propagation_with_regularization(X, Y, cache, lambd)
forward_propagation_with_dropout(X, parameters) backward_propagation_with_dropout(X, Y, cache, keep_prob)
update_parameters_with_gd(parameters, grads, learning_rate) random_mini_batches(X, Y)
initialize_velocity(parameters) update_parameters_with_momentum(parameters, grads, v, beta, learning_rate)
initialize_adam(parameters) update_parameters_with_adam(parameters, grads, v, s, t)
zero_pad(X, pad) conv_single_step(a_slice_prev, W, b) conv_forward(A_prev, W, b, hparameters)
pool_forward(A_prev, hparameters) conv_backward(dZ, cache) pool_backward(dA, cache)
create_mask_from_window(x) distribute_value(dz, shape)
rnn_cell_forward(xt, a_prev, parameters) rnn_forward(x, a0, parameters)
rnn_cell_backward(da_next, cache) rnn_backward(da, caches)
rnn_step_backward(dy, gradients, parameters, x, a, a_prev)
lstm_cell_forward(xt, a_prev, c_prev, parameters) lstm_forward(x, a0, parameters)
lstm_cell_backward(da_next, dc_next, cache) lstm_backward(da, caches)
basic_sigmoid(x) sigmoid_derivative(x) image2vector(image) normalizeRows(x) normalize_rows(x) L1(yhat, y) L2(yhat, y)
forward_propagation(x, theta) backward_propagation(x, theta) gradient_check(x, theta)
forward_propagation_n(X, Y, parameters) backward_propagation_n(X, Y, cache)
gradient_check_n(parameters, gradients, X, Y)
"""
_BOOK = """
AND(x1, x2) NAND(x1, x2) OR(x1, x2) XOR(x1, x2)
sigmoid(x) relu(x) tanh(x) softmax(x) softmax(a) identity_function(x) step_function(x)
sigmoid_grad(x) relu_grad(x) mean_squared_error(y, t) cross_entropy_error(y, t) init_network()
forward(network, x) predict(network, x) numerical_diff(f, x) numerical_gradient(f, x) numerical_gradient(f, X)
im2col(input_data, filter_h, filter_w) col2im(col, input_shape, filter_h, filter_w)
MulLayer.forward(x, y) MulLayer.backward(dout) AddLayer.forward(x, y) AddLayer.backward(dout)
Relu.forward(x) Relu.backward(dout) Sigmoid.forward(x) Sigmoid.backward(dout) Affine.forward(x) Affine.backward(dout)
SoftmaxWithLoss.forward(x, t) SoftmaxWithLoss.backward() Dropout.forward(x) Dropout.backward(dout)
BatchNormalization.forward(x) BatchNormalization.backward(dout)
Convolution.forward(x) Convolution.backward(dout) Pooling.forward(x) Pooling.backward(dout)
TwoLayerNet.predict(x) TwoLayerNet.loss(x, t) TwoLayerNet.gradient(x, t) TwoLayerNet.numerical_gradient(x, t)
SGD.update(params, grads) Momentum.update(params, grads) Nesterov.update(params, grads)
AdaGrad.update(params, grads) RMSprop.update(params, grads) Adam.update(params, grads)
"""
_CS231N = """
affine_forward(x, w, b) affine_backward(dout, cache) relu_forward(x) softmax_loss(x, y)
conv_forward_naive(x, w, b, conv_param) conv_backward_naive(dout, cache)
max_pool_forward_naive(x, pool_param) max_pool_backward_naive(dout, cache)
svm_loss(x, y) dropout_forward(x, dropout_param) dropout_backward(dout, cache)
batchnorm_forward(x, gamma, beta, bn_param) batchnorm_backward(dout, cache) batchnorm_backward_alt(dout, cache)
layernorm_forward(x, gamma, beta, ln_param) layernorm_backward(dout, cache)
spatial_batchnorm_forward(x, gamma, beta, bn_param) spatial_batchnorm_backward(dout, cache)
spatial_groupnorm_forward(x, gamma, beta, G, gn_param) spatial_groupnorm_backward(dout, cache)
rnn_step_forward(x, prev_h, Wx, Wh, b) rnn_step_backward(dnext_h, cache)
rnn_forward(x, h0, Wx, Wh, b) rnn_backward(dh, cache)
lstm_step_forward(x, prev_h, prev_c, Wx, Wh, b) lstm_step_backward(dnext_h, dnext_c, cache)
lstm_forward(x, h0, Wx, Wh, b) lstm_backward(dh, cache)
sgd(w, dw) sgd_momentum(w, dw) rmsprop(w, dw) adam(w, dw)
sgd(w, dw, config) sgd_momentum(w, dw, config) rmsprop(w, dw, config) adam(w, dw, config)
svm_loss_naive(W, X, y, reg) svm_loss_vectorized(W, X, y, reg)
softmax_loss_naive(W, X, y, reg) softmax_loss_vectorized(W, X, y, reg)
"""
_NIELSEN = """
sigmoid_prime(z) Network.feedforward(a) Network.backprop(x, y) Network.cost_derivative(output_activations, y)
"""
_SIGNATURES = frozenset(
    f"{each.strip()})" for text in (_COURSE, _BOOK, _CS231N, _NIELSEN) for each in text.replace("\n", " ").split(")")
)


def is_documented(learner: Learner, function: str) -> bool:
    """Return whether a function has a documented name with that convention's own parameters.

    Parameters that have a default value do not count. A name that was given with --map is as good as one's own.
    """
    if function not in learner.nodes:
        return False
    names = learner.parameters(function)
    needed = names[: len(names) - len(learner.nodes[function].args.defaults)]
    usual = {mine: name for name, mine in learner.names.items()}.get(function, function)
    return f"{usual}({', '.join(needed)})" in _SIGNATURES
