#include "copencv.h"

#include <cmath>
#include <cstring>
#include <mutex>
#include <new>
#include <stdexcept>
#include <string>
#include <vector>

#include <opencv2/calib3d.hpp>
#include <opencv2/core.hpp>
#include <opencv2/core/ocl.hpp>
#include <opencv2/imgproc.hpp>
#include <opencv2/video/tracking.hpp>

namespace {

// Held in a fixed array: the message of a failed allocation must not allocate.
thread_local char last_error[512] = "";

void set_error(const char *message) {
    std::strncpy(last_error, message, sizeof last_error - 1);
    last_error[sizeof last_error - 1] = 0;
    for (char *c = last_error; *c; ++c)
        if (*c == '\n' || *c == '\r') *c = ' ';
}

// Keeps OpenCV from writing its own error report to stderr; the exception carries the same text.
int stay_quiet(int, const char *, const char *, const char *, int, void *) { return 0; }

void set_up() {
    static std::once_flag once;
    std::call_once(once, [] {
        cv::redirectError(stay_quiet);
        // Dispatch owns the threads. This also keeps dense inverse search reproducible: OpenCV divides the picture into
        // as
        // many stripes as it has threads, and patches at their borders depend on the division.
        cv::setNumThreads(1);
    });
    // OpenCV keeps this switch per thread.
    static thread_local bool off = false;
    if (!off) {
        cv::ocl::setUseOpenCL(false);
        off = true;
    }
}

// Runs `body`; no C++ exception crosses the C boundary.
template <typename Body>
int guarded(Body body) noexcept {
    try {
        set_up();
        body();
        return 0;
    } catch (const cv::Exception &error) {
        set_error(error.err.empty() ? error.what() : error.err.c_str());
    } catch (const std::bad_alloc &) {
        set_error("out of memory");
    } catch (const std::exception &error) {
        set_error(error.what());
    } catch (...) {
        set_error("unknown C++ exception");
    }
    return -1;
}

// A matrix over the caller's pixels. OpenCV requires a mutable pointer even for input.
cv::Mat view(const copencv_image &image) {
    if (!image.pixels || image.width <= 0 || image.height <= 0) throw std::invalid_argument("the picture is empty");
    return cv::Mat(image.height, image.width, CV_8UC(image.channels), const_cast<uint8_t *>(image.pixels));
}

cv::Mat grey_view(const copencv_image &image) {
    if (image.channels != 1) throw std::invalid_argument("the picture must be grey");
    return view(image);
}

cv::Mat points_view(const copencv_point *points, int count) {
    static_assert(sizeof(copencv_point) == sizeof(cv::Point2f), "points have OpenCV's layout");
    return cv::Mat(count, 1, CV_32FC2, const_cast<copencv_point *>(points));
}

// OpenCV reallocates a result whose buffer does not fit; then the caller's buffer would stay unfilled.
void require_in_place(const cv::Mat &result, const void *buffer) {
    if (result.data != buffer) throw std::runtime_error("OpenCV did not fill the buffer it was given");
}

}  // namespace

const char *copencv_last_error(void) { return last_error; }

const char *copencv_version(void) { return CV_VERSION; }

int copencv_rgb_to_grey(copencv_image rgb, uint8_t *grey) {
    return guarded([&] {
        cv::Mat result(rgb.height, rgb.width, CV_8UC1, grey);
        cv::cvtColor(view(rgb), result, cv::COLOR_RGB2GRAY);
        require_in_place(result, grey);
    });
}

int copencv_resize(copencv_image source, uint8_t *destination, int width, int height) {
    return guarded([&] {
        cv::Mat result(height, width, CV_8UC(source.channels), destination);
        cv::resize(view(source), result, result.size(), 0, 0, cv::INTER_AREA);
        require_in_place(result, destination);
    });
}

int copencv_warp(copencv_image source, const double to_source[9], uint8_t *destination, int width, int height) {
    return guarded([&] {
        const cv::Mat matrix(3, 3, CV_64F, const_cast<double *>(to_source));
        cv::Mat result(height, width, CV_8UC(source.channels), destination);
        cv::warpPerspective(
            view(source), result, matrix, result.size(), cv::INTER_CUBIC | cv::WARP_INVERSE_MAP, cv::BORDER_REPLICATE);
        require_in_place(result, destination);
    });
}

struct copencv_dis {
    cv::Ptr<cv::DISOpticalFlow> flow;
};

int copencv_dis_create(copencv_dis **dis, int preset) {
    return guarded([&] { *dis = new copencv_dis{cv::DISOpticalFlow::create(preset)}; });
}

int copencv_dis_compute(copencv_dis *dis, copencv_image from, copencv_image to, float *flow) {
    return guarded([&] {
        // A result matrix of the right shape would be used as the initial flow (DISOpticalFlow::calc), and the result
        // would depend on what the buffer held. So it gets an empty one.
        cv::Mat result;
        dis->flow->calc(grey_view(from), grey_view(to), result);
        result.copyTo(cv::Mat(from.height, from.width, CV_32FC2, flow));
    });
}

void copencv_dis_destroy(copencv_dis *dis) { delete dis; }

int copencv_farneback(copencv_image from, copencv_image to, copencv_farneback_parameters parameters, float *flow) {
    return guarded([&] {
        cv::Mat result(from.height, from.width, CV_32FC2, flow);
        cv::calcOpticalFlowFarneback(
            grey_view(from), grey_view(to), result, parameters.pyramid_scale, parameters.levels, parameters.window,
            parameters.iterations, parameters.neighbourhood, parameters.sigma, 0);
        require_in_place(result, flow);
    });
}

int copencv_corners(copencv_image grey, copencv_corner_parameters parameters, copencv_point *corners, int *count) {
    return guarded([&] {
        const int tiles = parameters.tiles;
        // OpenCV interprets "no corners" as "all corners".
        if (tiles <= 0 || parameters.max_corners < tiles * tiles) throw std::invalid_argument("no corners requested");
        const int share = parameters.max_corners / (tiles * tiles);
        const cv::Mat picture = grey_view(grey);
        std::vector<cv::Point2f> found;
        int total = 0;
        for (int row = 0; row < tiles; ++row) {
            for (int column = 0; column < tiles; ++column) {
                const cv::Range rows(picture.rows * row / tiles, picture.rows * (row + 1) / tiles);
                const cv::Range columns(picture.cols * column / tiles, picture.cols * (column + 1) / tiles);
                if (rows.empty() || columns.empty()) continue;
                cv::goodFeaturesToTrack(
                    picture(rows, columns), found, share, parameters.quality, parameters.min_distance, cv::noArray(),
                    parameters.block_size);
                for (const cv::Point2f &corner : found)
                    corners[total++] = {corner.x + columns.start, corner.y + rows.start};
            }
        }
        *count = total;
    });
}

struct copencv_pyramid {
    std::vector<cv::Mat> levels;
    int window;
    int max_level;
};

int copencv_pyramid_create(copencv_pyramid **pyramid, int window, int levels) {
    return guarded([&] { *pyramid = new copencv_pyramid{{}, window, levels}; });
}

int copencv_pyramid_build(copencv_pyramid *pyramid, copencv_image grey) {
    return guarded([&] {
        // The last argument makes OpenCV copy level 0: the pyramid outlives the caller's pixels.
        cv::buildOpticalFlowPyramid(
            grey_view(grey), pyramid->levels, cv::Size(pyramid->window, pyramid->window), pyramid->max_level, true,
            cv::BORDER_REFLECT_101, cv::BORDER_CONSTANT, false);
    });
}

void copencv_pyramid_destroy(copencv_pyramid *pyramid) { delete pyramid; }

void copencv_pyramid_level(
    const copencv_pyramid *pyramid, int level, const uint8_t **pixels, int64_t *row_bytes, int *width, int *height) {
    // Levels and their derivatives alternate.
    const size_t index = 2 * static_cast<size_t>(level);
    *pixels = nullptr;
    *row_bytes = *width = *height = 0;
    if (index >= pyramid->levels.size()) return;
    const cv::Mat &picture = pyramid->levels[index];
    *pixels = picture.ptr();
    *row_bytes = static_cast<int64_t>(picture.step[0]);
    *width = picture.cols;
    *height = picture.rows;
}

int copencv_track(
    copencv_pyramid *from, copencv_pyramid *to, const copencv_point *points, int count,
    copencv_track_parameters parameters, copencv_point *tracked, uint8_t *found) {
    return guarded([&] {
        if (count <= 0) return;
        if (from->levels.empty() || to->levels.empty()) throw std::invalid_argument("the pyramid was not built");
        cv::Mat result = points_view(tracked, count);
        cv::Mat status(count, 1, CV_8UC1, found);
        const cv::TermCriteria stop(
            cv::TermCriteria::COUNT + cv::TermCriteria::EPS, parameters.iterations, parameters.epsilon);
        cv::calcOpticalFlowPyrLK(
            from->levels, to->levels, points_view(points, count), result, status, cv::noArray(),
            cv::Size(from->window, from->window), parameters.levels, stop, cv::OPTFLOW_USE_INITIAL_FLOW,
            parameters.min_eigenvalue);
        require_in_place(result, tracked);
        require_in_place(status, found);
    });
}

int copencv_shifts(
    const copencv_pyramid *from, const copencv_pyramid *to, int level, int most, copencv_point *shifts, int *count) {
    return guarded([&] {
        *count = 0;
        // Levels and their derivatives alternate.
        const size_t index = 2 * static_cast<size_t>(level);
        if (index >= from->levels.size() || index >= to->levels.size()) return;
        const cv::Size size = from->levels[index].size();
        // Padded to twice the size with zeros: otherwise a shift by half the picture would be ambiguous.
        const cv::Size whole(cv::getOptimalDFTSize(2 * size.width), cv::getOptimalDFTSize(2 * size.height));
        cv::Mat spectra[2];
        for (int which = 0; which < 2; ++which) {
            cv::Mat picture, mean, padded = cv::Mat::zeros(whole, CV_32F);
            (which == 0 ? from : to)->levels[index].convertTo(picture, CV_32F);
            // Without its mean brightness, a picture has no edge at its borders.
            cv::blur(picture, mean, cv::Size(9, 9), cv::Point(-1, -1), cv::BORDER_REFLECT_101);
            cv::Mat part = padded(cv::Rect(cv::Point(0, 0), size));
            cv::subtract(picture, mean, part);
            cv::dft(padded, spectra[which], cv::DFT_COMPLEX_OUTPUT, size.height);
        }
        cv::Mat product, surface;
        cv::mulSpectrums(spectra[1], spectra[0], product, 0, true);
        // Between correlation and phase correlation: every frequency counts, strong ones more than noise.
        for (int y = 0; y < product.rows; ++y) {
            cv::Vec2f *row = product.ptr<cv::Vec2f>(y);
            for (int x = 0; x < product.cols; ++x) {
                const float magnitude = std::sqrt(row[x][0] * row[x][0] + row[x][1] * row[x][1]);
                row[x] *= 1 / std::sqrt(magnitude + 1e-6f);
            }
        }
        cv::dft(product, surface, cv::DFT_INVERSE | cv::DFT_REAL_OUTPUT | cv::DFT_SCALE);
        const float scale = static_cast<float>(1 << level);
        for (; *count < most; ++*count) {
            cv::Point peak;
            double height = 0;
            cv::minMaxLoc(surface, nullptr, &height, nullptr, &peak);
            if (!(height > 0)) return;
            const int x = peak.x > whole.width / 2 ? peak.x - whole.width : peak.x;
            const int y = peak.y > whole.height / 2 ? peak.y - whole.height : peak.y;
            shifts[*count] = {x * scale, y * scale};
            for (int down = -2; down <= 2; ++down)
                for (int right = -2; right <= 2; ++right)
                    surface.at<float>(
                        (peak.y + down + whole.height) % whole.height,
                        (peak.x + right + whole.width) % whole.width) = 0;
        }
    });
}

int copencv_homography(const copencv_point *from, const copencv_point *to, int count, double homography[9]) {
    return guarded([&] {
        const cv::Mat found = cv::findHomography(points_view(from, count), points_view(to, count), 0);
        if (found.empty())
            std::memset(homography, 0, 9 * sizeof(double));
        else
            std::memcpy(homography, found.ptr<double>(), 9 * sizeof(double));
    });
}
