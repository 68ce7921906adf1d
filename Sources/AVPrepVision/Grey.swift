package import AVPrepModel
import COpenCV

/// Grey pictures: what tracking, flow and stillness look at.
package enum Grey {
    /// Fills `grey` with the luma of `rgb`: 0.299 R + 0.587 G + 0.114 B (ITU-R BT.601), rounded as OpenCV rounds.
    ///
    /// - Parameters:
    ///   - rgb: three channels.
    ///   - grey: one channel, same size.
    package static func convert(_ rgb: PixelBuffer, into grey: PixelBuffer) throws(VisionError) {
        precondition(rgb.channels == 3 && grey.channels == 1, "grey is made of RGB")
        precondition(rgb.width == grey.width && rgb.height == grey.height, "grey of another size")
        try VisionError.check(copencv_rgb_to_grey(rgb.openCV, grey.pixels.baseAddress), "make a grey picture")
    }

    /// Fills `small` with `image` scaled to its size by averaging areas. Same number of channels.
    package static func scale(_ image: PixelBuffer, into small: PixelBuffer) throws(VisionError) {
        precondition(image.channels == small.channels, "scaling keeps the channels")
        try VisionError.check(
            copencv_resize(image.openCV, small.pixels.baseAddress, Int32(small.width), Int32(small.height)),
            "scale a picture")
    }
}
