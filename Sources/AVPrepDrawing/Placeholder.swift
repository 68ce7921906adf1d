import AVPrepCore
