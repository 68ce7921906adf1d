package import AVPrepModel
import COpenCV

/// Conversion to grey pictures, the input of tracking, flow and freeze detection.
package enum Grey {
    /// Fills `grey` with the luma of `rgb`: 0.299 R + 0.587 G + 0.114 B (ITU-R BT.601), rounded as OpenCV rounds.
    ///
    /// - Parameters:
    ///   - rgb: three channels.
    ///   - grey: one channel, same size.
    package static func convert(_ rgb: PixelBuffer, into grey: PixelBuffer) throws(VisionError) {
        precondition(rgb.channels == 3 && grey.channels == 1, "conversion to grey needs an RGB picture")
        precondition(rgb.width == grey.width && rgb.height == grey.height, "the grey picture has another size")
        try VisionError.check(copencv_rgb_to_grey(rgb.openCV, grey.pixels.baseAddress), "make a grey picture")
    }

    /// Fills `small` with `image` scaled to its size by averaging areas. Same number of channels.
    package static func scale(_ image: PixelBuffer, into small: PixelBuffer) throws(VisionError) {
        precondition(image.channels == small.channels, "scaling keeps the number of channels")
        try VisionError.check(
            copencv_resize(image.openCV, small.pixels.baseAddress, Int32(small.width), Int32(small.height)),
            "scale a picture")
    }
}
