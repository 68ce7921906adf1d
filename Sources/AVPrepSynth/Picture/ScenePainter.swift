package import AVPrepModel
import Foundation

/// Draws the pictures of a plan. One painter per thread; its buffers are allocated once.
package final class ScenePainter {
    private let plan: SynthPlan
    /// One background per scene.
    private let grounds: [BackdropPainter]
    /// The objects of each scene.
    private let objects: [[SynthPlan.Object]]
    /// Texture of what creeps in the bars.
    private let remains: SmoothNoise
    /// Buffer for the scene when bars leave it smaller than the picture.
    private let inner: PixelBuffer?

    package init(_ plan: SynthPlan) {
        self.plan = plan
        let moves = plan.cues.contains { [.pan, .zoom, .shake].contains($0.kind) }
        grounds = plan.scenes.map {
            BackdropPainter(
                $0.backdrop, stage: $0.stage, width: plan.sceneWidth, height: plan.sceneHeight, isWide: moves)
        }
        objects = plan.scenes.indices.map { scene in plan.objects.filter { $0.isSeen && $0.scene == scene } }
        remains = SmoothNoise(seed: plan.noise.seed)
        inner =
            plan.bars == nil ? nil : PixelBuffer(width: plan.sceneWidth, height: plan.sceneHeight, channels: 3)
    }

    /// Draws the picture displayed at `seconds` into `picture`, an RGB picture of the plan's size.
    package func paint(_ picture: PixelBuffer, at seconds: Double) {
        precondition(
            picture.width == plan.width && picture.height == plan.height && picture.channels == 3,
            "the picture's size differs from the plan's")
        var moment = seconds
        if let freeze = plan.freeze, freeze.contains(seconds) { moment = freeze.startSeconds }
        guard let bars = plan.bars, let inner else { return paintScene(picture, at: moment) }
        paintScene(inner, at: moment)
        Canvas(picture).clear(to: UInt8(clamping: bars.level))
        Canvas(picture).place(inner, left: bars.left, top: bars.top)
        if let creep = bars.creep { paintRemains(on: picture, of: bars, moved: creep * moment) }
    }

    /// Faint remains of the picture's edges, which creep outwards: what is left of motion-compensated pictures in bars that
    /// were encoded with them. Too dark to be seen, but flow sees them.
    private func paintRemains(on picture: PixelBuffer, of bars: SynthCue.BlackBars, moved: Double) {
        let (right, bottom) = (plan.width - bars.right, plan.height - bars.bottom)
        for y in 0..<plan.height {
            for x in 0..<plan.width {
                let above = max(bars.top - y, y + 1 - bottom)
                let beside = max(bars.left - x, x + 1 - right)
                guard max(above, beside) > 0 else { continue }
                let outwards = Float(Double(max(above, beside)) - moved) / Self.remainSize
                let along = Float(above >= beside ? x : y) / Self.remainSize
                // The two sides of the picture differ.
                let side: Float = above >= beside ? (y < bars.top ? 0 : 50) : (x < bars.left ? 100 : 150)
                let light = max(0, min(1, 2.4 * remains.value(along + side, outwards)))
                let pixel = (y * plan.width + x) * 3
                let level = UInt8(clamping: bars.level + Int(Self.remainLevel * light))
                for channel in pixel..<pixel + 3 { picture.pixels[channel] = level }
            }
        }
    }

    /// Size of a speck of the remains, in pixels, and its greatest level above the bar's.
    private static let remainSize: Float = 6
    private static let remainLevel: Float = 18

    private func paintScene(_ picture: PixelBuffer, at seconds: Double) {
        let index = plan.scenes.lastIndex { $0.startSeconds <= seconds } ?? 0
        let scene = plan.scenes[index]
        let camera = plan.camera(at: seconds)
        let view = View(
            camera: camera, centre: SIMD2(Float(picture.width), Float(picture.height)) / 2)
        grounds[index].paint(picture, camera: camera)
        let canvas = Canvas(picture)
        for distractor in scene.distractors { paint(distractor, at: seconds, on: canvas, view) }
        for object in objects[index] { paint(object, at: seconds, on: canvas, view) }
        for thing in plan.things {
            for part in ArrowPose(of: thing, at: seconds).parts {
                canvas.fill(
                    thing.shape, at: view.point(part.place), radii: SIMD2(repeating: view.length(part.radius)),
                    angle: Float(part.angle), paint: Canvas.Paint(colour: thing.colour * part.light))
            }
        }
    }

    /// From scene pixels to picture pixels.
    private struct View {
        let zoom: Float
        let centre: SIMD2<Float>
        let shift: SIMD2<Float>

        init(camera: SynthCue.CameraPath.Knot, centre: SIMD2<Float>) {
            zoom = Float(camera.zoom)
            self.centre = centre
            shift = SIMD2(Float(camera.x), Float(camera.y))
        }

        func point(_ place: SIMD2<Double>) -> SIMD2<Float> {
            centre + (SIMD2(Float(place.x), Float(place.y)) - centre) * zoom + shift
        }

        func length(_ pixels: Double) -> Float { Float(pixels) * zoom }
    }

    private func paint(_ distractor: SynthPlan.Distractor, at seconds: Double, on canvas: Canvas, _ view: View) {
        let turn = 2 * Double.pi * seconds * distractor.frequency + distractor.phase
        let place = distractor.centre + distractor.swing * SIMD2(sin(turn.x), sin(turn.y + 1))
        let radius = view.length(distractor.radius)
        canvas.fill(
            .disc, at: view.point(place), radii: SIMD2(radius * 1.25, radius),
            paint: Canvas.Paint(colour: distractor.colour))
    }

    private func paint(_ object: SynthPlan.Object, at seconds: Double, on canvas: Canvas, _ view: View) {
        let pose = ObjectPose(of: object, at: seconds)
        let radius = view.length(object.radius)
        let paint = Canvas.Paint(colour: object.colour, flash: Float(pose.flash) * 0.8)
        if pose.age < ObjectPose.impactSeconds { paintImpact(of: object, pose, on: canvas, view) }
        if let pivot = pose.pivot {
            paintHammer(object, pose, pivot: pivot, paint, on: canvas, view)
            return
        }
        canvas.fill(
            object.kind.shape, at: view.point(pose.place),
            radii: radius * SIMD2(Float(pose.stretch.x), Float(pose.stretch.y)), angle: Float(pose.angle), paint: paint)
    }

    /// A ring of light that grows from the position of the impact, with a bright spot in it, both fading.
    private func paintImpact(of object: SynthPlan.Object, _ pose: ObjectPose, on canvas: Canvas, _ view: View) {
        let share = pose.age / ObjectPose.impactSeconds
        let fading = (1 - share) * (1 - share) * pose.strength * object.salience
        let colour = Colour.mix(object.colour, Colour.white, 0.65)
        canvas.glow(
            at: view.point(pose.impact), radius: view.length(object.radius * (0.9 + 1.9 * share)),
            width: view.length(object.radius * 0.55), colour: colour, strength: Float(fading))
        // The impact lights the surroundings.
        let core = fading * (1 - share)
        for (reach, strength) in [(2.2, core), (6, 0.5 * core)] {
            canvas.glow(
                at: view.point(pose.impact), radius: 0, width: view.length(object.radius * reach), colour: colour,
                strength: Float(strength))
        }
    }

    private func paintHammer(
        _ object: SynthPlan.Object, _ pose: ObjectPose, pivot: SIMD2<Double>, _ paint: Canvas.Paint,
        on canvas: Canvas, _ view: View
    ) {
        let radius = view.length(object.radius)
        let head = view.point(pose.place)
        let hinge = view.point(pivot)
        let anvil = view.point(SIMD2(pose.impact.x, pose.impact.y + object.radius * 0.55))
        let angle = Float(pose.angle)
        canvas.fill(
            .box, at: anvil, radii: SIMD2(radius * 0.9, radius * 0.5),
            paint: Canvas.Paint(colour: SIMD3(70, 72, 80), flash: paint.flash * 0.5))
        let handle = (head - hinge)
        let length = (handle * handle).sum().squareRoot()
        canvas.fill(
            .box, at: (head + hinge) / 2, radii: SIMD2(length * 0.58, max(1, radius * 0.13)), angle: angle,
            paint: Canvas.Paint(colour: SIMD3(140, 95, 55)))
        canvas.fill(.box, at: head, radii: radius * SIMD2(ObjectPose.headSides), angle: angle, paint: paint)
    }
}
