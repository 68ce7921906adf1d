#pragma once
// libavfilter, which is loaded where it is needed and not linked (FilterLibrary.swift says why): the functions in use, by
// the names and with the types of its headers.
#include <dlfcn.h>
#include <libavfilter/avfilter.h>
#include <libavfilter/buffersink.h>
#include <libavfilter/buffersrc.h>
#include <libavutil/macros.h>

// The library of the version that the headers describe.
static const char avprep_filters_file[] = "libavfilter.so." AV_STRINGIFY(LIBAVFILTER_VERSION_MAJOR);

struct avprep_filters {
    __typeof__(avfilter_version) *avfilter_version;
    __typeof__(avfilter_graph_alloc) *avfilter_graph_alloc;
    __typeof__(avfilter_graph_parse2) *avfilter_graph_parse2;
    __typeof__(avfilter_graph_get_filter) *avfilter_graph_get_filter;
    __typeof__(avfilter_graph_config) *avfilter_graph_config;
    __typeof__(avfilter_graph_free) *avfilter_graph_free;
    __typeof__(av_buffersrc_add_frame_flags) *av_buffersrc_add_frame_flags;
    __typeof__(av_buffersink_get_frame) *av_buffersink_get_frame;
};

// In C, since Swift cannot name a C function's type without a reference to the function, which would have to be linked.
// Returns 0, or -1 where dlerror() has the reason.
static inline int avprep_filters_load(struct avprep_filters *filters) {
    // Deep binding: its 31 libraries find each other first, not among all that the program has. That halves the time.
    void *library = dlopen(avprep_filters_file, RTLD_NOW | RTLD_LOCAL | RTLD_DEEPBIND);
    if (!library) return -1;
#define AVPREP_FIND(name) (filters->name = (__typeof__(filters->name))dlsym(library, #name))
    int has_all = AVPREP_FIND(avfilter_version) && AVPREP_FIND(avfilter_graph_alloc) &&
                  AVPREP_FIND(avfilter_graph_parse2) && AVPREP_FIND(avfilter_graph_get_filter) &&
                  AVPREP_FIND(avfilter_graph_config) && AVPREP_FIND(avfilter_graph_free) &&
                  AVPREP_FIND(av_buffersrc_add_frame_flags) && AVPREP_FIND(av_buffersink_get_frame);
#undef AVPREP_FIND
    return has_all ? 0 : -1;
}
