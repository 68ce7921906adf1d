import CEngine

/// The operations of layers; the layers hold the weights.
extension Tensor {
    /// Convolution over the last two or three dimensions.
    ///
    /// - Parameters:
    ///   - weight: `[out, C, h, w]` for an input `[N, C, H, W]`, `[out, C, t, h, w]` for `[N, C, T, H, W]`.
    ///   - bias: `[out]`, or nil.
    ///   - stride: one number per spatial dimension, as for `padding`, which adds zeros on both sides.
    /// - Returns: `[N, out, …]` with sizes `(size + 2 · padding − kernel) / stride + 1`, rounded down.
    package func convolved(with weight: Tensor, bias: Tensor? = nil, stride: [Int], padding: [Int]) throws -> Tensor {
        precondition(stride.count == padding.count, "stride \(stride) and padding \(padding)")
        return try Tensor.make(engine, "convolve \(shape) with \(weight.shape)") {
            engine.api.convolution(
                $0, handle, weight.handle, bias?.handle, Int32(stride.count), stride.map(Int64.init),
                padding.map(Int64.init))
        }
    }

    /// The transpose of ``convolved(with:bias:stride:padding:)``: what it makes smaller, this makes larger.
    ///
    /// - Parameter weight: `[C, out, h, w]` for an input `[N, C, H, W]`, `[C, out, t, h, w]` for `[N, C, T, H, W]`.
    /// - Returns: `[N, out, …]` with sizes `(size − 1) · stride − 2 · padding + kernel`.
    package func transposedConvolved(with weight: Tensor, bias: Tensor? = nil, stride: [Int], padding: [Int]) throws
        -> Tensor
    {
        precondition(stride.count == padding.count, "stride \(stride) and padding \(padding)")
        return try Tensor.make(engine, "convolve \(shape) with the transpose of \(weight.shape)") {
            engine.api.transposed_convolution(
                $0, handle, weight.handle, bias?.handle, Int32(stride.count), stride.map(Int64.init),
                padding.map(Int64.init))
        }
    }

    /// `x · weightᵀ + bias`: `[…, in]` with weight `[out, in]` and bias `[out]` gives `[…, out]`.
    package func linear(weight: Tensor, bias: Tensor? = nil) throws -> Tensor {
        try Tensor.make(engine, "multiply \(shape) by the weight \(weight.shape)") {
            engine.api.linear($0, handle, weight.handle, bias?.handle)
        }
    }

    /// Batch normalisation (Ioffe & Szegedy, arXiv 1502.03167) over all dimensions but 1.
    ///
    /// - Parameters:
    ///   - weight: `[C]`, as have `bias`, `runningMean` and `runningVariance`.
    ///   - batches: `int64`, no dimensions: the number of training batches so far.
    ///   - training: whether to use the batch's own statistics and update the running ones by `momentum`, in place;
    ///     otherwise the running ones are used. In a group that synchronises them, the batch is that of all processes.
    package func batchNormalized(
        weight: Tensor, bias: Tensor, runningMean: Tensor, runningVariance: Tensor, batches: Tensor, training: Bool,
        momentum: Double = 0.1, epsilon: Double = 1e-5
    ) throws -> Tensor {
        if training, let group = engine.group, group.synchronizesBatchNorm {
            return try Tensor.make(engine, "normalise a batch of \(shape) with those of the other processes") {
                group.api.sync_batch_norm(
                    $0, handle, weight.handle, bias.handle, runningMean.handle, runningVariance.handle, batches.handle,
                    momentum, epsilon)
            }
        }
        return try Tensor.make(engine, "normalise a batch of \(shape)") {
            engine.api.batch_norm(
                $0, handle, weight.handle, bias.handle, runningMean.handle, runningVariance.handle, batches.handle,
                training ? 1 : 0, momentum, epsilon)
        }
    }

    /// The maximum over windows of the last two or three dimensions; padding counts as minus infinity.
    package func maxPooled(kernel: [Int], stride: [Int], padding: [Int]) throws -> Tensor {
        precondition(kernel.count == stride.count && stride.count == padding.count, "windows of different dimensions")
        return try Tensor.make(engine, "pool \(shape) by \(kernel)") {
            engine.api.max_pool(
                $0, handle, Int32(kernel.count), kernel.map(Int64.init), stride.map(Int64.init),
                padding.map(Int64.init))
        }
    }

    /// Zeros around the last two or three dimensions, so many before and after along each.
    package func padded(before: [Int], after: [Int]) throws -> Tensor {
        precondition(before.count == after.count, "padding of different dimensions")
        return try Tensor.make(engine, "pad \(shape) by \(before) and \(after)") {
            engine.api.pad($0, handle, Int32(before.count), before.map(Int64.init), after.map(Int64.init))
        }
    }

    /// Averages over windows of the last two or three dimensions, as many windows along each as `size` says.
    package func adaptivelyAveragePooled(to size: [Int]) throws -> Tensor {
        try Tensor.make(engine, "pool \(shape) to \(size)") {
            engine.api.adaptive_average_pool($0, handle, Int32(size.count), size.map(Int64.init))
        }
    }

    /// Sets a fraction of the elements to zero and scales the others up to keep the mean. The same seed drops the same
    /// elements.
    package func droppedOut(probability: Double, seed: UInt64) throws -> Tensor {
        try Tensor.make(engine, "drop \(probability) of \(shape)") {
            engine.api.dropout($0, handle, probability, seed)
        }
    }

    /// The mean cross entropy of logits `[N, classes]` and class numbers `int64 [N]`: one number.
    package func crossEntropy(classes: Tensor) throws -> Tensor {
        try Tensor.make(engine, "compare logits \(shape) with classes \(classes.shape)") {
            engine.api.cross_entropy($0, handle, classes.handle)
        }
    }

    /// Logarithms of the probabilities of logits along a dimension, in single precision.
    package func logSoftmax(_ dimension: Int) throws -> Tensor {
        try Tensor.make(engine, "take probabilities of \(shape)") {
            engine.api.log_softmax($0, handle, Int64(dimension))
        }
    }

    /// The mean binary cross entropy of logits and targets in [0, 1] of the same shape: one number.
    package func binaryCrossEntropy(targets: Tensor) throws -> Tensor {
        try Tensor.make(engine, "compare logits \(shape) with targets \(targets.shape)") {
            engine.api.binary_cross_entropy($0, handle, targets.handle)
        }
    }
}
