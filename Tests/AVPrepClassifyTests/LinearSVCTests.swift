import Foundation
import TestSupport
import Testing

@testable import AVPrepClassify

/// The protocol beside scikit-learn's machines on the same features.
@Suite struct LinearSVCTests {
    /// The same penalty, the same features: fold by fold.
    @Test(.enabled(if: Oracle.isAvailable, "make test makes the venv"), arguments: [1e-3, 0.1])
    func accuraciesAreThoseOfLinearSVC(cost: Double) throws {
        try withTemporaryFolder { folder in
            let report = try PlantedFeatures(perClass: 60, distance: 0.7).classify(folder, costs: [cost])
            let seen = try Oracle.json(
                [Double].self,
                """
                import sys, json, csv, h5py, numpy as np
                from sklearn.svm import LinearSVC
                from sklearn.preprocessing import StandardScaler
                f = h5py.File(sys.argv[1])
                rows = {r["path"]: r for r in csv.DictReader(open(sys.argv[2]))}
                items = [rows[p] for p in f["items/path"].asstr()[:]]
                x, item = f["features"][:].astype("f8"), f["clips/item"][:]
                labels, folds = np.array([i["label"] for i in items]), np.array([i["fold"] for i in items])
                found = []
                for fold in sorted(set(folds)):
                    train = folds[item] != fold
                    scale = StandardScaler().fit(x[train])
                    machine = LinearSVC(C=float(sys.argv[3])).fit(scale.transform(x[train]), labels[item][train])
                    tested = np.flatnonzero(folds == fold)
                    scores = [machine.decision_function(scale.transform(x[item == i])).mean(0) for i in tested]
                    found.append(float((machine.classes_[np.argmax(scores, 1)] == labels[tested]).mean()))
                print(json.dumps(found))
                """, ["\(folder)/f.h5", "\(folder)/folds.csv", "\(cost)"])
            #expect(seen.count == 5)
            for (fold, theirs) in zip(report.features.folds, seen) {
                #expect(abs(fold.accuracy - theirs) <= 0.005, "fold \(fold.fold): \(fold.accuracy), \(theirs)")
            }
            #expect((0.5..<1).contains(report.features.accuracy))
        }
    }

    /// Chosen inside the training folds, fold by fold, by exact machines.
    @Test(.enabled(if: Oracle.isAvailable, "make test makes the venv"))
    func thePenaltiesAreThoseThatLinearSVCsChoose() throws {
        try withTemporaryFolder { folder in
            let costs = [1e-5, 1e-3, 0.1, 10]
            let report = try PlantedFeatures(perClass: 60, distance: 0.7).classify(folder, costs: costs)
            let seen = try Oracle.json(
                [Double].self,
                """
                import sys, json, csv, h5py, numpy as np
                from sklearn.svm import LinearSVC
                from sklearn.preprocessing import StandardScaler
                f = h5py.File(sys.argv[1])
                rows = {r["path"]: r for r in csv.DictReader(open(sys.argv[2]))}
                items = [rows[p] for p in f["items/path"].asstr()[:]]
                x, item, costs = f["features"][:].astype("f8"), f["clips/item"][:], json.loads(sys.argv[3])
                labels, folds = np.array([i["label"] for i in items]), np.array([i["fold"] for i in items])
                def right(train, test, c):
                    clips = np.isin(item, np.flatnonzero(train))
                    scale = StandardScaler().fit(x[clips])
                    machine = LinearSVC(C=c, dual=False, tol=1e-8, max_iter=10000).fit(scale.transform(x[clips]), labels[item][clips])
                    tested = np.flatnonzero(test)
                    scores = [machine.decision_function(scale.transform(x[item == i])).mean(0) for i in tested]
                    return int((machine.classes_[np.argmax(scores, 1)] == labels[tested]).sum())
                found = []
                for fold in sorted(set(folds)):
                    inner = sorted(set(folds) - {fold})
                    sums = [sum(right((folds != fold) & (folds != part), folds == part, c) for part in inner) for c in costs]
                    found.append(costs[int(np.argmax(sums))])
                print(json.dumps(found))
                """, ["\(folder)/f.h5", "\(folder)/folds.csv", "\(costs)"])
            #expect(report.features.folds.map(\.c) == seen)
            #expect(Set(seen).count > 1 || seen[0] > 1e-5)
        }
    }
}
