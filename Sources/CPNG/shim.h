#pragma once
#include <png.h>
#include <setjmp.h>
#include <stdlib.h>
#include <string.h>

// libpng reports errors of its writer by a callback that must not return. Swift has no longjmp, so encoding one picture
// is one C function that returns 0 or an error, with the library's own words beside the bytes.

/// Room for encoded pictures, one after another, and for the library's words.
typedef struct avprep_png {
    unsigned char *bytes;
    size_t count;
    size_t capacity;
    char message[128];
} avprep_png;

static inline void avprep_png_fail(png_structp writer, png_const_charp words) {
    avprep_png *png = (avprep_png *)png_get_error_ptr(writer);
    strncpy(png->message, words, sizeof png->message - 1);
    png_longjmp(writer, 1);
}

/// Warnings of the writer are about chunks that we do not write.
static inline void avprep_png_ignore(png_structp writer, png_const_charp words) {
    (void)writer;
    (void)words;
}

static inline void avprep_png_append(png_structp writer, png_bytep bytes, size_t count) {
    avprep_png *png = (avprep_png *)png_get_io_ptr(writer);
    if (count > png->capacity - png->count) {
        size_t capacity = 2 * (png->count + count);
        unsigned char *larger = (unsigned char *)realloc(png->bytes, capacity);
        if (larger == NULL) png_error(writer, "out of memory");
        png->bytes = larger;
        png->capacity = capacity;
    }
    memcpy(png->bytes + png->count, bytes, count);
    png->count += count;
}

static inline void avprep_png_flush(png_structp writer) { (void)writer; }

/// Encodes 8-bit pixels, grey (1 channel) or RGB (3), tight rows, into `png->bytes`, replacing what was there.
///
/// Each row as its difference from the row above, then runs alone: of a flow field a third less bytes than zlib's default
/// search in a fifth of its time, because neighbouring levels are mostly equal.
static inline int avprep_png_encode(
    avprep_png *png, const unsigned char *pixels, unsigned width, unsigned height, int channels) {
    png->count = 0;
    png->message[0] = 0;
    png_structp writer =
        png_create_write_struct(PNG_LIBPNG_VER_STRING, png, avprep_png_fail, avprep_png_ignore);
    if (writer == NULL) {
        strcpy(png->message, "out of memory");
        return -1;
    }
    png_infop info = png_create_info_struct(writer);
    if (info == NULL || setjmp(png_jmpbuf(writer))) {
        png_destroy_write_struct(&writer, &info);
        return -1;
    }
    png_set_write_fn(writer, png, avprep_png_append, avprep_png_flush);
    png_set_IHDR(
        writer, info, width, height, 8, channels == 1 ? PNG_COLOR_TYPE_GRAY : PNG_COLOR_TYPE_RGB, PNG_INTERLACE_NONE,
        PNG_COMPRESSION_TYPE_DEFAULT, PNG_FILTER_TYPE_DEFAULT);
    png_set_filter(writer, PNG_FILTER_TYPE_BASE, PNG_FILTER_UP);
    png_set_compression_level(writer, 1);
    png_set_compression_strategy(writer, 3);  // zlib's Z_RLE
    png_write_info(writer, info);
    for (unsigned row = 0; row < height; row++)
        png_write_row(writer, pixels + (size_t)row * width * (unsigned)channels);
    png_write_end(writer, NULL);
    png_destroy_write_struct(&writer, &info);
    return 0;
}

/// Decodes a picture of exactly this size, 8-bit grey or RGB, into tight rows. Whatever is wrong with the bytes is an
/// error, a warning of the library too. Nothing is allocated for pixels: a header that lies costs no memory.
static inline int avprep_png_decode(
    avprep_png *png, const unsigned char *bytes, size_t count, unsigned width, unsigned height, int channels,
    unsigned char *pixels) {
    png_image image;
    memset(&image, 0, sizeof image);
    image.version = PNG_IMAGE_VERSION;
    png->message[0] = 0;
    unsigned format = channels == 1 ? PNG_FORMAT_GRAY : PNG_FORMAT_RGB;
    if (png_image_begin_read_from_memory(&image, bytes, count) && image.warning_or_error == 0) {
        if (image.width != width || image.height != height || image.format != format) {
            strcpy(png->message, "it is of another size or kind");
        } else if (png_image_finish_read(&image, NULL, pixels, 0, NULL) && image.warning_or_error == 0) {
            return 0;
        }
    }
    if (png->message[0] == 0) strncpy(png->message, image.message, sizeof png->message - 1);
    png_image_free(&image);
    return -1;
}

/// Bytes that a reader takes one after another.
typedef struct avprep_png_source {
    const unsigned char *bytes;
    size_t left;
} avprep_png_source;

/// What a picture is, as it was read: 1 or 3 channels of 8 or 16 bits.
typedef struct avprep_png_shape {
    unsigned width;
    unsigned height;
    int channels;
    int depth;
} avprep_png_shape;

static inline void avprep_png_fetch(png_structp reader, png_bytep into, size_t count) {
    avprep_png_source *source = (avprep_png_source *)png_get_io_ptr(reader);
    if (count > source->left) png_error(reader, "it ends too early");
    memcpy(into, source->bytes, count);
    source->bytes += count;
    source->left -= count;
}

/// Decodes a picture of any kind into `png->bytes`, in tight rows: palettes as RGB, fewer than 8 bits as 8, 16 bits as two
/// bytes each, the higher first; without transparency. A picture of more than `most_pixels` is an error, before any memory
/// is taken for it.
static inline int avprep_png_read(
    avprep_png *png, avprep_png_source *source, size_t most_pixels, avprep_png_shape *shape) {
    png->count = 0;
    png->message[0] = 0;
    png_structp reader = png_create_read_struct(PNG_LIBPNG_VER_STRING, png, avprep_png_fail, avprep_png_ignore);
    if (reader == NULL) {
        strcpy(png->message, "out of memory");
        return -1;
    }
    png_infop info = png_create_info_struct(reader);
    if (info == NULL || setjmp(png_jmpbuf(reader))) {
        png_destroy_read_struct(&reader, &info, NULL);
        return -1;
    }
    png_set_read_fn(reader, source, avprep_png_fetch);
    png_read_info(reader, info);
    if ((size_t)png_get_image_width(reader, info) * png_get_image_height(reader, info) > most_pixels)
        png_error(reader, "it has too many pixels");
    png_set_expand(reader);
    png_set_strip_alpha(reader);
    int passes = png_set_interlace_handling(reader);
    png_read_update_info(reader, info);
    shape->width = png_get_image_width(reader, info);
    shape->height = png_get_image_height(reader, info);
    shape->channels = png_get_channels(reader, info);
    shape->depth = png_get_bit_depth(reader, info);
    size_t row_bytes = png_get_rowbytes(reader, info);
    free(png->bytes);
    png->capacity = 0;
    png->bytes = (unsigned char *)calloc(shape->height, row_bytes);
    if (png->bytes == NULL) png_error(reader, "out of memory");
    png->capacity = png->count = row_bytes * shape->height;
    for (int pass = 0; pass < passes; pass++)
        for (unsigned row = 0; row < shape->height; row++) png_read_row(reader, png->bytes + row * row_bytes, NULL);
    png_read_end(reader, NULL);
    png_destroy_read_struct(&reader, &info, NULL);
    return 0;
}
