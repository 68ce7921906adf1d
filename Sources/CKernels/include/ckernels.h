// Hot loops over plain buffers, compiled for several instruction sets and chosen when the program starts.
#pragma once
