// What the engine's files share: tensor handles, and exceptions turned into failures.
#pragma once

#include "avprep_engine.h"

#include <ATen/ATen.h>

#include <exception>
#include <stdexcept>
#include <string>

struct avprep_tensor {
    at::Tensor value;
};

namespace avprep {

// Keeps the first line of a message for `last_error`.
void remember(const char *text);

// A handle for the caller.
avprep_tensor *give(at::Tensor value);

[[noreturn]] inline void fail(const std::string &message) { throw std::invalid_argument(message); }

// Runs `body` and converts an exception to a failure.
template <typename Body>
int guarded(const Body &body) noexcept {
    try {
        body();
        return 0;
    } catch (const c10::Error &failure) {
        remember(failure.what_without_backtrace());
    } catch (const std::exception &failure) {
        remember(failure.what());
    } catch (...) {
        remember(nullptr);
    }
    return 1;
}

}  // namespace avprep
