// What Swift cannot call by itself to put a decoder process into a box.
#pragma once
