// The few OpenCV calls in use, as plain C.
//
// Every function that returns `int` returns 0 on success and -1 on failure; `copencv_last_error` then gives the reason.
// Results go through pointers and are written only on success. No buffer is retained after the call returns.
// Functions may be called from any thread; one handle belongs to one thread at a time. OpenCV's own threads and OpenCL
// stay off, so the same pixels give the same numbers on every machine with the same library.
#pragma once

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

// An 8-bit picture owned by the caller: [y, x, channel], row-major, without row padding.
typedef struct {
    const uint8_t *pixels;
    int width;
    int height;
    int channels;
} copencv_image;

// A point (x, y) in pixels; (0, 0) is the centre of the first pixel.
typedef struct {
    float x;
    float y;
} copencv_point;

// The error of this thread's last failed call: one line, valid until the thread's next failing call.
const char *copencv_last_error(void);

// OpenCV's version, e.g. "4.6.0".
const char *copencv_version(void);

// --- Pictures

// RGB to luma (ITU-R BT.601 weights), as cv::cvtColor(COLOR_RGB2GRAY). `grey` takes width * height bytes.
int copencv_rgb_to_grey(copencv_image rgb, uint8_t *grey);

// Scales by averaging areas (INTER_AREA) to width x height; `destination` takes width * height * channels bytes.
int copencv_resize(copencv_image source, uint8_t *destination, int width, int height);

// Warps a picture (cv::warpPerspective, INTER_CUBIC): pixel p of the result shows the source at `to_source` · p
// (row-major); border pixels are repeated. `destination` takes width * height * channels bytes.
int copencv_warp(copencv_image source, const double to_source[9], uint8_t *destination, int width, int height);

// --- Dense optical flow: the displacement of each pixel of `from`; `flow` takes height * width * 2 floats, [y, x, (x,
// y)].

typedef struct copencv_dis copencv_dis;

// preset: 0 ultrafast, 1 fast, 2 medium (cv::DISOpticalFlow).
int copencv_dis_create(copencv_dis **dis, int preset);
int copencv_dis_compute(copencv_dis *dis, copencv_image from, copencv_image to, float *flow);
void copencv_dis_destroy(copencv_dis *dis);

// The parameters of cv::calcOpticalFlowFarneback.
typedef struct {
    double pyramid_scale;
    int levels;
    int window;
    int iterations;
    int neighbourhood;
    double sigma;
} copencv_farneback_parameters;

int copencv_farneback(copencv_image from, copencv_image to, copencv_farneback_parameters parameters, float *flow);

// --- Sparse tracking

typedef struct {
    int max_corners;
    double quality;       // of the smallest eigenvalue of the strongest corner in the tile
    double min_distance;  // between corners of a tile, in pixels
    int block_size;
    int tiles;            // the picture is divided into tiles x tiles parts, each with its share of the corners
} copencv_corner_parameters;

// Corners worth tracking (cv::goodFeaturesToTrack, Shi and Tomasi), tile by tile, strongest first.
// `corners` takes parameters.max_corners points; `count` receives their number.
int copencv_corners(copencv_image grey, copencv_corner_parameters parameters, copencv_point *corners, int *count);

// A grey picture prepared for tracking: its pyramid with derivatives.
typedef struct copencv_pyramid copencv_pyramid;

// window: side of the tracked patches in pixels; levels: maximum number of times the picture is halved.
int copencv_pyramid_create(copencv_pyramid **pyramid, int window, int levels);
int copencv_pyramid_build(copencv_pyramid *pyramid, copencv_image grey);
void copencv_pyramid_destroy(copencv_pyramid *pyramid);
// One level of a pyramid: its pixels, valid until it is built again. Pixel (x, y) is at 2^level (x, y) of the picture.
// For a missing level, width and height are 0.
void copencv_pyramid_level(
    const copencv_pyramid *pyramid, int level, const uint8_t **pixels, int64_t *row_bytes, int *width, int *height);

typedef struct {
    int levels;            // number of pyramid levels used, above the picture itself
    int iterations;
    double epsilon;        // stops when a point moves by less, in pixels
    double min_eigenvalue; // patches with less texture are not tracked
} copencv_track_parameters;

// Tracks `count` points from one picture to another of the same size (cv::calcOpticalFlowPyrLK).
// `tracked` holds the initial positions, and afterwards the tracked ones; `found` takes a 1 or 0 per point.
int copencv_track(
    copencv_pyramid *from, copencv_pyramid *to, const copencv_point *points, int count,
    copencv_track_parameters parameters, copencv_point *tracked, uint8_t *found);

// Displacements of parts of one picture relative to another of the same size, in pixels of the pictures the pyramids
// were built from, to the nearest pixel of their levels `level`: the highest peaks of the correlation of those levels
// with flattened spectra, the highest first. Objects at p in `from` are at p + shift. `shifts` takes `most` points;
// `count` receives their number: 0 where a pyramid has no such level or a picture is blank.
int copencv_shifts(
    const copencv_pyramid *from, const copencv_pyramid *to, int level, int most, copencv_point *shifts, int *count);

// The homography that maps `from` to `to` with the least squared error over `count` (>= 4) pairs (cv::findHomography).
// `homography`: row-major, last element 1; all zero when there is none.
int copencv_homography(const copencv_point *from, const copencv_point *to, int count, double homography[9]);

#ifdef __cplusplus
}
#endif
