// SwiftPM requires a C source in a C target; this one compiles the header as C.
#include "avprep_collective.h"
