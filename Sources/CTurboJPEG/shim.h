#pragma once
#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <jpeglib.h>
#include <turbojpeg.h>

// Decoding one region of a picture is in libjpeg-turbo's libjpeg API alone (jpeg_crop_scanline, jpeg_skip_scanlines),
// and that API reports errors by a callback that must not return. Swift has no longjmp, so the whole decoding of one
// picture is one C function that returns 0 or an error, with the library's own words in the decoder.

/// A decompressor that is made once and decodes one picture after another.
typedef struct avprep_jpeg_decoder {
    struct jpeg_decompress_struct info;
    struct jpeg_error_mgr errors;
    jmp_buf on_error;
    char message[JMSG_LENGTH_MAX];
} avprep_jpeg_decoder;

static inline void avprep_jpeg_fail(j_common_ptr info) {
    avprep_jpeg_decoder *decoder = (avprep_jpeg_decoder *)info->client_data;
    (*info->err->format_message)(info, decoder->message);
    longjmp(decoder->on_error, 1);
}

/// A warning means that pixels were made up: that is an error here. Trace messages (level 0 and above) are dropped.
static inline void avprep_jpeg_warn(j_common_ptr info, int level) {
    if (level < 0) avprep_jpeg_fail(info);
}

static inline avprep_jpeg_decoder *avprep_jpeg_create(void) {
    avprep_jpeg_decoder *decoder = (avprep_jpeg_decoder *)calloc(1, sizeof(avprep_jpeg_decoder));
    if (decoder == NULL) return NULL;
    decoder->info.err = jpeg_std_error(&decoder->errors);
    decoder->errors.error_exit = avprep_jpeg_fail;
    decoder->errors.emit_message = avprep_jpeg_warn;
    decoder->info.client_data = decoder;
    if (setjmp(decoder->on_error)) {
        free(decoder);
        return NULL;
    }
    jpeg_create_decompress(&decoder->info);
    return decoder;
}

static inline void avprep_jpeg_destroy(avprep_jpeg_decoder *decoder) {
    if (decoder == NULL) return;
    if (!setjmp(decoder->on_error)) jpeg_destroy_decompress(&decoder->info);
    free(decoder);
}

/// The library's text of the last error.
static inline const char *avprep_jpeg_message(const avprep_jpeg_decoder *decoder) { return decoder->message; }

/// Reads the header: size and number of components are in `info` afterwards. `bytes` must stay until the decoding.
/// Pictures of several scans are refused: decoding them needs memory for all coefficients, and we write none.
static inline int avprep_jpeg_read_header(avprep_jpeg_decoder *decoder, const unsigned char *bytes, size_t count) {
    if (setjmp(decoder->on_error)) return -1;
    jpeg_abort_decompress(&decoder->info);
    jpeg_mem_src(&decoder->info, bytes, (unsigned long)count);
    jpeg_read_header(&decoder->info, TRUE);
    if (jpeg_has_multiple_scans(&decoder->info) || decoder->info.arith_code) {
        strcpy(decoder->message, "not a baseline JPEG of one scan");
        return -1;
    }
    return 0;
}

/// Decodes `width` × `height` pixels from (`x`, `y`), counted in pixels after scaling by `eighths` / 8, of the picture
/// whose header was read. The region must lie inside the scaled picture. `channels` 1 gives luma, 3 gives RGB.
static inline int avprep_jpeg_decode(
    avprep_jpeg_decoder *decoder, int eighths, int channels, unsigned x, unsigned y, unsigned width, unsigned height,
    unsigned char *pixels) {
    struct jpeg_decompress_struct *info = &decoder->info;
    if (setjmp(decoder->on_error)) return -1;
    info->scale_num = (unsigned)eighths;
    info->scale_denom = 8;
    info->out_color_space = channels == 1 ? JCS_GRAYSCALE : JCS_RGB;
    // The accurate transform is exact: the same pixels with and without SIMD.
    info->dct_method = JDCT_ISLOW;
    info->do_fancy_upsampling = TRUE;
    jpeg_start_decompress(info);
    if (info->output_components != channels || width == 0 || height == 0 || x > info->output_width
        || width > info->output_width - x || y > info->output_height || height > info->output_height - y) {
        strcpy(decoder->message, "the wanted region lies outside the picture");
        return -1;
    }
    unsigned skipped = 0;
    JSAMPROW line = NULL;
    if (x != 0 || width != info->output_width) {
        // Two pixels more on each side keep the smoothing of chroma at the crop's edge out of the wanted region.
        JDIMENSION left = x >= 2 ? x - 2 : 0;
        JDIMENSION right = x + width + 2 < info->output_width ? x + width + 2 : info->output_width;
        JDIMENSION cropped = right - left;
        jpeg_crop_scanline(info, &left, &cropped);
        if (left > x || cropped < width + (x - left)) {
            strcpy(decoder->message, "the library cropped another region than the one asked for");
            return -1;
        }
        skipped = (x - left) * (unsigned)channels;
        // To aligned rows the library's vector code writes past the cache, and the copy below would wait for memory:
        // measured 41 % of the time. An odd address makes it store plainly.
        line = (JSAMPROW)(*info->mem->alloc_small)(
                   (j_common_ptr)info, JPOOL_IMAGE, (size_t)cropped * (size_t)channels + 1) + 1;
    }
    if (y > 0) jpeg_skip_scanlines(info, y);
    size_t row_bytes = (size_t)width * (size_t)channels;
    for (unsigned row = 0; row < height; row++) {
        JSAMPROW target = pixels + row * row_bytes;
        JSAMPROW source = line != NULL ? line : target;
        if (jpeg_read_scanlines(info, &source, 1) != 1) {
            strcpy(decoder->message, "the picture ends early");
            return -1;
        }
        if (line != NULL) memcpy(target, line + skipped, row_bytes);
    }
    jpeg_abort_decompress(info);
    return 0;
}
