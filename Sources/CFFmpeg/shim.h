#pragma once
// What Swift needs of FFmpeg and cannot see: macros with casts, va_list. Nothing else lives here.
#include <libavcodec/avcodec.h>
#include <libavformat/avformat.h>
#include <libavutil/channel_layout.h>
#include <libavutil/dict.h>
#include <libavutil/display.h>
#include <libavutil/dovi_meta.h>
#include <libavutil/imgutils.h>
#include <libavutil/log.h>
#include <libavutil/mastering_display_metadata.h>
#include <libavutil/mathematics.h>
#include <libavutil/opt.h>
#include <libavutil/pixdesc.h>
#include <libavutil/version.h>
#include <libswresample/swresample.h>
#include <libswscale/swscale.h>

// AVERROR_* are macros over FFERRTAG: Swift imports no macro that calls another with arguments.
static const int avprep_averror_eof = AVERROR_EOF;
static const int avprep_averror_exit = AVERROR_EXIT;
static const int avprep_averror_invaliddata = AVERROR_INVALIDDATA;
static const int avprep_averror_patchwelcome = AVERROR_PATCHWELCOME;
static const int avprep_averror_bug = AVERROR_BUG;
static const int avprep_averror_bug2 = AVERROR_BUG2;
static const int avprep_averror_unknown = AVERROR_UNKNOWN;
static const int avprep_averror_external = AVERROR_EXTERNAL;
static const int avprep_averror_experimental = AVERROR_EXPERIMENTAL;
static const int avprep_averror_buffer_too_small = AVERROR_BUFFER_TOO_SMALL;
static const int avprep_averror_input_changed = AVERROR_INPUT_CHANGED;
static const int avprep_averror_output_changed = AVERROR_OUTPUT_CHANGED;
static const int avprep_averror_bsf_not_found = AVERROR_BSF_NOT_FOUND;
static const int avprep_averror_decoder_not_found = AVERROR_DECODER_NOT_FOUND;
static const int avprep_averror_demuxer_not_found = AVERROR_DEMUXER_NOT_FOUND;
static const int avprep_averror_encoder_not_found = AVERROR_ENCODER_NOT_FOUND;
static const int avprep_averror_muxer_not_found = AVERROR_MUXER_NOT_FOUND;
static const int avprep_averror_option_not_found = AVERROR_OPTION_NOT_FOUND;
static const int avprep_averror_protocol_not_found = AVERROR_PROTOCOL_NOT_FOUND;
static const int avprep_averror_stream_not_found = AVERROR_STREAM_NOT_FOUND;

// A function-like macro.
static inline int avprep_averror(int errno_code) { return AVERROR(errno_code); }

// A macro with a cast.
static const int64_t avprep_nopts = AV_NOPTS_VALUE;

// The last error or warning FFmpeg logged on this thread: one line, without the line break. One buffer a thread, so
// that workers do not read each other's words. Call these four from one Swift file only: a function-local static of a
// static function exists once an object file.
static inline char *avprep_log_line(void) {
    static _Thread_local char line[400];
    return line;
}

// av_log's callback takes a va_list, which Swift cannot format.
static inline void avprep_log_callback(void *context, int level, const char *format, va_list arguments) {
    if (level > AV_LOG_WARNING) return;
    // Errors stay until they are fetched; a warning never covers one.
    static _Thread_local int line_level = AV_LOG_QUIET;
    char *line = avprep_log_line();
    if (line[0] && level > line_level) return;
    int print_prefix = 1;
    char text[400];
    av_log_format_line2(context, level, format, arguments, text, sizeof text, &print_prefix);
    size_t length = 0;
    for (const char *c = text; *c && length + 1 < sizeof text; c++) {
        if (*c != '\n' && *c != '\r') line[length++] = (unsigned char)*c < 32 ? ' ' : *c;
    }
    line[length] = 0;
    line_level = level;
}

static inline void avprep_log_capture(void) { av_log_set_callback(avprep_log_callback); }

static inline void avprep_log_forget(void) { avprep_log_line()[0] = 0; }
