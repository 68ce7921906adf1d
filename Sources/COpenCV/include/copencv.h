// The few OpenCV calls in use, as plain C.
//
// Every function that returns `int` returns 0 when it worked and -1 when it did not; `copencv_last_error` then says why.
// Results go through pointers and are written only on success. Nothing is kept of a buffer after the call returns.
// Functions may be called from any thread; one handle belongs to one thread at a time. OpenCV's own threads and OpenCL
// stay off, so the same pixels give the same numbers on every machine with the same library.
#pragma once

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

// An 8-bit picture the caller owns: [y, x, channel], row-major, tight rows.
typedef struct {
    const uint8_t *pixels;
    int width;
    int height;
    int channels;
} copencv_image;

// A point (x, y) in pixels; (0, 0) is the middle of the first pixel.
typedef struct {
    float x;
    float y;
} copencv_point;

// Why the last call of this thread failed: one line, valid until the thread's next failing call.
const char *copencv_last_error(void);

// OpenCV's version, e.g. "4.6.0".
const char *copencv_version(void);

// --- Pictures

// RGB to luma (ITU-R BT.601 weights), as cv::cvtColor(COLOR_RGB2GRAY). `grey` takes width * height bytes.
int copencv_rgb_to_grey(copencv_image rgb, uint8_t *grey);

// Scales by averaging areas (INTER_AREA) to width x height; `destination` takes width * height * channels bytes.
int copencv_resize(copencv_image source, uint8_t *destination, int width, int height);

// Warps a picture (cv::warpPerspective, INTER_CUBIC): pixel p of the result shows the source at `to_source` · p
// (row-major); beyond the source its border goes on. `destination` takes width * height * channels bytes.
int copencv_warp(copencv_image source, const double to_source[9], uint8_t *destination, int width, int height);

// --- Dense optical flow: where each pixel of `from` went in `to`; `flow` takes height * width * 2 floats, [y, x, (x, y)].

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
    int tiles;            // the picture is cut into tiles x tiles parts, each with its share of the corners
} copencv_corner_parameters;

// Corners worth tracking (cv::goodFeaturesToTrack, Shi and Tomasi), tile by tile, strongest first.
// `corners` takes parameters.max_corners points; `count` says how many there are.
int copencv_corners(copencv_image grey, copencv_corner_parameters parameters, copencv_point *corners, int *count);

// A grey picture made ready for tracking: its pyramid with derivatives.
typedef struct copencv_pyramid copencv_pyramid;

// window: side of the tracked patches in pixels; levels: how often the picture is halved, at most.
int copencv_pyramid_create(copencv_pyramid **pyramid, int window, int levels);
int copencv_pyramid_build(copencv_pyramid *pyramid, copencv_image grey);
void copencv_pyramid_destroy(copencv_pyramid *pyramid);
// One level of a pyramid: its pixels, valid until it is built again. Pixel (x, y) lies at 2^level (x, y) of the picture.
// Where there is no such level, the width and the height are 0.
void copencv_pyramid_level(
    const copencv_pyramid *pyramid, int level, const uint8_t **pixels, int64_t *row_bytes, int *width, int *height);

typedef struct {
    int levels;            // of the pyramid that are used, above the picture itself
    int iterations;
    double epsilon;        // stops when a point moves by less, in pixels
    double min_eigenvalue; // patches with less texture are not tracked
} copencv_track_parameters;

// Follows `count` points from one picture to another of the same size (cv::calcOpticalFlowPyrLK).
// `tracked` holds where to look first, and afterwards where each point was found; `found` takes a 1 or 0 a point.
int copencv_track(
    copencv_pyramid *from, copencv_pyramid *to, const copencv_point *points, int count,
    copencv_track_parameters parameters, copencv_point *tracked, uint8_t *found);

// By how much parts of one picture are shifted against another of the same size, in pixels of the pictures the pyramids
// were built from, to the nearest pixel of their levels `level`: the highest peaks of the correlation of those levels
// with their spectra flattened, the highest first. Things at p in `from` lie at p + shift. `shifts` takes `most` points;
// `count` says how many there are: none where a pyramid has no such level or a picture shows nothing.
int copencv_shifts(
    const copencv_pyramid *from, const copencv_pyramid *to, int level, int most, copencv_point *shifts, int *count);

// The homography that takes `from` to `to` with the least squared error over `count` (>= 4) pairs (cv::findHomography).
// `homography`: row-major, last element 1; all zero when there is none.
int copencv_homography(const copencv_point *from, const copencv_point *to, int count, double homography[9]);

#ifdef __cplusplus
}
#endif
