# avprep: everything that is built, tested or installed starts here. `make help` lists the targets.

SWIFT      ?= swift
PYTHON     ?= python3
CXX        ?= g++
PREFIX     ?= /usr/local
# The version (or build) of PyPI's torch that the engine is built against.
TORCH      ?= 2.13.0
# A libtorch that is already there: the folder that holds its include/ and lib/. Empty: PyPI's torch, in .venv.
LIBTORCH   ?=
# What compiles for MPI, by which training runs as several processes. Empty: without.
MPICXX     ?= mpicxx
# How many damaged files `make fuzz` tries, which ones, and the number of the first.
FUZZ_CASES ?= 2000
FUZZ_SEED  ?= 1
FUZZ_FIRST ?= 0
# Where `make quickstart` works.
QUICKSTART ?= quickstart

VENV       := .venv
ENGINE     := .engine/libavprep_engine.so
MPI        := $(if $(MPICXX),.engine/libavprep_mpi.so)
RELEASE    := .build/release/avprep

# What must be there to build: the probe that tells, and the Debian package that brings it.
PKG_CONFIG_NAMES := libavfilter libavformat libavcodec libavutil libswscale libswresample libseccomp fftw3f hdf5-serial openblas xgboost libturbojpeg libjpeg libpng libarchive sqlite3 libcrypto libcurl
APT_PACKAGES := g++ pkg-config python3-venv libavfilter-dev libavformat-dev libavcodec-dev libavutil-dev libswscale-dev libswresample-dev libseccomp-dev ffmpeg xz-utils \
    libfftw3-dev libhdf5-dev libopenblas-dev libxgboost-dev liblinear-dev libboost-dev libturbojpeg0-dev libjpeg62-turbo-dev libpng-dev libarchive-dev libsqlite3-dev libssl-dev libcurl4-openssl-dev libopencv-core-dev libopencv-imgproc-dev \
    libopencv-video-dev libopencv-calib3d-dev libopenmpi-dev openmpi-bin

.PHONY: learn esc10 bench-processes quick-localise quick-l3 quick-arrow quick-multisensory quick-separate half-year cron-check refresh-bench skew-bench help deps build engine venv test fuzz fuzz-shards kill slurm scale lint format schemas audit bench quickstart install clean

help:
	@echo "make quickstart   install what is missing, build, make a practice corpus, train on it, show the result (minutes)"
	@echo "make build        the release build, $(RELEASE)"
	@echo "make engine       the torch engine, $(ENGINE) (TORCH=$(TORCH), or LIBTORCH=/path/to/libtorch)"
	@echo "make test         build, make the venv of oracles, run every test"
	@echo "make fuzz         ingest damaged media files, FUZZ_CASES=$(FUZZ_CASES) of FUZZ_SEED=$(FUZZ_SEED), with the release build"
	@echo "make fuzz-shards  verify, train, export and shard on damaged shards, FUZZ_CASES=$(FUZZ_CASES) of FUZZ_SEED=$(FUZZ_SEED)"
	@echo "make lint         swift format, strict"
	@echo "make bench        what ingest costs, beside its libraries' kernels alone and a Python pipeline"
	@echo "make bench-loader  the trainer's loader beside h5py + DataLoader, WebDataset and MosaicML streaming"
	@echo "make bench-step   a step of training beside the same network in PyTorch"
	@echo "make bench-processes  training by one process and by several, on the same cores"
	@echo "make kill         a hundred kills at random moments, and of a training at each step, each continued to the same bytes"
	@echo "make slurm        job arrays on a real Slurm of three nodes here: nodes lost, requeued, preempted; the same bytes"
	@echo "make half-year    26 weekly refreshes of a corpus that lives: files, mounts, clocks, crons, kills"
	@echo "make scale        catalog, plan and pairs at the size of Kinetics and of AudioSet"
	@echo "make cron-check   the line that avprep schedule prints, run by Debian's cron (as root)"
	@echo "make refresh-bench  a refresh that finds nothing to do: BENCH=\"--videos 1800000\""
	@echo "make skew-bench   training on early sound that is kept, dropped or fixed"
	@echo "make audit        cues planted and stripped: whether avprep audit finds them, and raises no false alarm"
	@echo "make learn        the learning table: curricula, L3-Net, random features, five seeds; on a practice corpus, with their differences"
	@echo "make esc10        ESC-10's sounds by the quickstart's network, beside the same untrained: ESC10=/path"
	@echo "make quick-l3     L3-Net on the practice corpus, three seeds, and with all sounds exchanged (chance)"
	@echo "make quick-localise  where a small L3-Net's answers come from: whether a map's peak lies within what sounds"
	@echo "make quick-arrow  Arrow of Time on the practice corpus, before and after its cues are removed, three seeds, and chance"
	@echo "make quick-multisensory  Multisensory and its variants on the practice corpus, three seeds, and with sounds exchanged"
	@echo "make quick-separate  on- and off-screen sound on the practice corpus: SDR, SIR and SAR of held-out mixtures"
	@echo "make install      PREFIX=$(PREFIX)"
	@echo "make clean        remove what was built"

# Installs only what is missing, and only where apt is; other systems get the list.
deps:
	@command -v $(SWIFT) >/dev/null || { echo "avprep needs Swift 6.3 (swift.org/install)" >&2; exit 1; }
	@missing=""; \
	command -v $(CXX) >/dev/null || missing="$$missing $(CXX)"; \
	command -v pkg-config >/dev/null || missing="$$missing pkg-config"; \
	$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || missing="$$missing python3-venv"; \
	for name in $(PKG_CONFIG_NAMES); do pkg-config --exists $$name 2>/dev/null || missing="$$missing $$name"; done; \
	for part in core imgproc video calib3d; do \
	    test -e /usr/include/opencv4/opencv2/$$part.hpp || missing="$$missing opencv-$$part"; done; \
	test -e /usr/include/linear.h || test -e /usr/include/liblinear/linear.h || missing="$$missing liblinear"; \
	test -e /usr/include/boost/math/distributions/students_t.hpp || missing="$$missing boost"; \
	for program in ffmpeg xz $(if $(MPICXX),$(MPICXX) mpirun); do command -v $$program >/dev/null || missing="$$missing $$program"; done; \
	test -z "$$missing" && exit 0; \
	sudo=""; test "$$(id -u)" = 0 || sudo=sudo; \
	if command -v apt-get >/dev/null && { test -z "$$sudo" || command -v sudo >/dev/null; }; then \
	    echo "missing:$$missing; installing with apt"; \
	    $$sudo apt-get update -qq && DEBIAN_FRONTEND=noninteractive $$sudo apt-get install -y -qq --no-install-recommends $(APT_PACKAGES) >/dev/null; \
	else \
	    echo "missing:$$missing" >&2; \
	    echo "install these, by Debian's names: $(APT_PACKAGES)" >&2; exit 1; \
	fi

build: deps
	$(SWIFT) build -c release --product avprep-work
	$(SWIFT) build -c release --product avprep-decode
	$(SWIFT) build -c release --product avprep

# --- the torch engine: three C++ files against libtorch, loaded when training starts, and one against MPI -------------------

ifeq ($(LIBTORCH),)
TORCH_STAMP := $(VENV)/.torch-$(TORCH)
TORCH_HOME   = $(shell $(VENV)/bin/python -c 'import importlib.util as u; print(u.find_spec("torch").submodule_search_locations[0])')
else
TORCH_STAMP :=
TORCH_HOME  := $(LIBTORCH)
endif

$(VENV)/bin/python: | deps
	$(PYTHON) -m venv $(VENV)

$(VENV)/.torch-$(TORCH): | $(VENV)/bin/python
	$(VENV)/bin/python -m pip install --quiet --disable-pip-version-check "torch==$(TORCH)"
	touch $@

engine: $(ENGINE) $(MPI)

# The C++ ABI flag must be that of the libtorch in use; CUDA is linked where this libtorch has it, and processes find each
# other by its store where it has one.
$(ENGINE): $(wildcard Sources/CEngine/*.cpp Sources/CEngine/*.hpp Sources/CEngine/include/*.h) $(TORCH_STAMP) | deps
	@mkdir -p $(dir $@)
	@home="$(TORCH_HOME)"; \
	test -e "$$home/include/ATen/ATen.h" || { echo "no libtorch in '$$home': LIBTORCH must name the folder with include/ and lib/" >&2; exit 1; }; \
	abi=0; nm -D --defined-only "$$home/lib/libc10.so" | grep -q __cxx11 && abi=1; \
	cuda=""; test -e "$$home/lib/libtorch_cuda.so" && cuda="-Wl,--no-as-needed -ltorch_cuda -lc10_cuda"; \
	store=""; nm -DC --defined-only "$$home/lib/libtorch_cpu.so" | grep 'c10d::TCPStore::TCPStore(' >/dev/null && store=-DAVPREP_TCP_STORE; \
	echo "building the torch engine (half a minute)"; \
	$(CXX) -std=c++17 -O2 -fPIC -shared -fvisibility=hidden -Wall -Wextra -Werror -D_GLIBCXX_USE_CXX11_ABI=$$abi $$store \
	    -ISources/CEngine/include -isystem "$$home/include" -isystem "$$home/include/torch/csrc/api/include" \
	    Sources/CEngine/engine.cpp Sources/CEngine/group.cpp Sources/CEngine/memory.cpp -o $@.partial -L"$$home/lib" -Wl,-rpath,"$$home/lib" $$cuda \
	    -ltorch -ltorch_cpu -lc10 -ldl && mv $@.partial $@

.engine/libavprep_mpi.so: Sources/CCollective/collective.cpp Sources/CCollective/include/avprep_collective.h | deps
	@mkdir -p $(dir $@)
	$(MPICXX) -std=c++17 -O2 -fPIC -shared -fvisibility=hidden -Wall -Wextra -Werror -ISources/CCollective/include \
	    Sources/CCollective/collective.cpp -o $@.partial && mv $@.partial $@

# --- tests ----------------------------------------------------------------------------------------------------------------

ORACLES := prometheus_client numpy scipy h5py librosa av opencv-contrib-python-headless scenedetect safetensors pillow jsonschema tensorboard PyYAML webdataset datasets mir_eval scikit-learn

venv: $(VENV)/.oracles

$(VENV)/.oracles: Makefile | $(VENV)/.torch-$(TORCH)
	$(VENV)/bin/python -m pip install --quiet --disable-pip-version-check $(ORACLES)
	$(VENV)/bin/python -m pip install --quiet --disable-pip-version-check --no-deps torchvision==0.28.0
	touch $@

test: deps venv engine
	$(SWIFT) build --build-tests
	$(SWIFT) test --skip-build

# The release build does the work; the tests' build makes the cases. What goes wrong is kept, with its recipe.
fuzz: build
	$(SWIFT) build --build-tests
	AVPREP_PROGRAM="$(CURDIR)/$(RELEASE)" AVPREP_FUZZ_CASES=$(FUZZ_CASES) AVPREP_FUZZ_SEED=$(FUZZ_SEED) \
	AVPREP_FUZZ_FIRST=$(FUZZ_FIRST) AVPREP_FUZZ_FOLDER="$(CURDIR)/.build/fuzz" \
	$(SWIFT) test --skip-build --filter MediaFuzzTests/damagedFilesCostThemselvesAlone

# What reads shards, on shards, pair files and indices with random damage.
fuzz-shards: deps
	$(SWIFT) build --build-tests
	AVPREP_FUZZ_CASES=$(FUZZ_CASES) AVPREP_FUZZ_SEED=$(FUZZ_SEED) AVPREP_FUZZ_FIRST=$(FUZZ_FIRST) \
	$(SWIFT) test --skip-build --filter ShardFuzzTests

# A hundred kills at random moments of ingest and shard; a few of them are part of `make test`.
kill: deps engine
	$(SWIFT) build --build-tests
	AVPREP_KILLS=$(or $(KILLS),100) $(SWIFT) test --skip-build --filter KillTests
	AVPREP_TRAINING_KILLS=all $(SWIFT) test --skip-build --filter KilledTrainingTests

# The job files of avprep slurm on a real Slurm: a controller and three nodes on this machine, as root, in a container too.
slurm: build engine
	AVPREP_MPI="$(if $(MPI),$(CURDIR)/$(MPI))" Tests/Slurm/check.sh $(RELEASE)

# Half a year of weekly refreshes; a few weeks are part of `make test`. AVPREP_SEED= takes another course.
half-year: deps
	$(SWIFT) build --build-tests
	AVPREP_WEEKS=$(or $(WEEKS),26) $(SWIFT) test --skip-build --filter HalfYearTests

# Catalog, plan and pairs at the size of Kinetics and of AudioSet.
scale: deps
	$(SWIFT) build -c release --product avprep-decode
	$(SWIFT) build -c release --product avprep-bench
	.build/release/avprep-bench scale $(BENCH)

# The lines that `avprep schedule --cron` prints, run once by Debian's cron: as root, in a container for instance.
cron-check: build
	Tests/Oracles/cron-check.sh $(RELEASE)

# A refresh that finds nothing to do, by the size of the corpus: BENCH="--videos 1800000".
refresh-bench: deps
	$(SWIFT) build -c release --product avprep-bench
	.build/release/avprep-bench refresh $(BENCH)

# What early sound does to training, and what policy.skewed makes of it: BENCH="--seeds 3".
skew-bench: deps engine
	$(SWIFT) build -c release --product avprep-decode
	$(SWIFT) build -c release --product avprep-bench
	.build/release/avprep-bench skew-fix $(BENCH)

# Corpora with cues by which a network could cheat, audited before and after these are stripped.
audit: deps
	$(SWIFT) build -c release --product avprep-bench
	.build/release/avprep-bench audit $(BENCH)

lint:
	$(SWIFT) format lint --strict --recursive --parallel Package.swift Sources Tests

format:
	$(SWIFT) format --in-place --recursive --parallel Package.swift Sources Tests

# The schema of pipeline files comes from the settings' own tables.
schemas: build
	$(RELEASE) init --schema > schemas/pipeline.schema.json

# --- use ------------------------------------------------------------------------------------------------------------------

bench: deps venv
	$(SWIFT) build -c release --product avprep-decode
	$(SWIFT) build -c release --product avprep-bench
	.build/release/avprep-bench $(BENCH)

# What PyTorch's users load with; MosaicML streaming without the kits of clouds, which local files need not.
LOADERS := simplejpeg webdataset Brotli catalogue python-snappy zstd tqdm "paramiko<4" "xxhash<4" boto3 matplotlib

$(VENV)/.loaders: Makefile | $(VENV)/.oracles
	$(VENV)/bin/python -m pip install --quiet --disable-pip-version-check $(LOADERS)
	$(VENV)/bin/python -m pip install --quiet --disable-pip-version-check --no-deps mosaicml-streaming
	touch $@

# The trainer's loading, and its steps, beside those of PyTorch's users; clips of your own: BENCH="a.mp4 b.mp4".
bench-loader bench-step: bench-%: deps venv engine $(VENV)/.loaders
	$(SWIFT) build -c release --product avprep-decode
	$(SWIFT) build -c release --product avprep-bench
	.build/release/avprep-bench $* $(BENCH)

quickstart: build engine
	@mkdir -p $(QUICKSTART)
	@test -e $(QUICKSTART)/avprep.yaml || cp pipelines/quickstart.yaml $(QUICKSTART)/avprep.yaml
	@avprep="$(CURDIR)/$(RELEASE)"; cd $(QUICKSTART) && "$$avprep" synth && "$$avprep" run
	@echo "these lie in $(QUICKSTART)/; try there: $(CURDIR)/$(RELEASE) status"

# One process and as many as there are cores, on the same cores.
bench-processes: build engine
	Tests/Oracles/bench-processes.sh $(RELEASE)

# ESC-10's sounds by what the quickstart's network hears, beside the same network untrained: ESC10=/path/to/its/class/folders.
esc10: quickstart
	Tests/Oracles/esc10.sh $(RELEASE) $(QUICKSTART)/runs/quickstart "$(ESC10)"

# What pipelines/quick-l3.yaml learns: three seeds, and a corpus in which nothing can be learnt.
quick-l3: build engine
	Tests/Oracles/quick-l3.sh $(RELEASE) quick-l3

# Where its answers come from, with larger pictures: SEEDS="1 2 3".
learn: build engine venv
	$(VENV)/bin/python Tests/Oracles/learn.py $(RELEASE) learn --seeds $(or $(SEEDS),5)

quick-localise: build engine venv
	Tests/Oracles/quick-localise.sh $(RELEASE) quick-localise $(SEEDS)

# The same of pipelines/quick-multisensory.yaml, with the variants of the paper's table.
quick-multisensory: build engine
	Tests/Oracles/quick-multisensory.sh $(RELEASE) quick-multisensory

# What pipelines/quick-separate.yaml learns, and a film that it separates.
quick-separate: build engine
	Tests/Oracles/quick-separate.sh $(RELEASE) quick-separate $(SEEDS)

# What black framing and camera motion are worth to Arrow of Time, before and after their removal: three seeds, and chance.
quick-arrow: build engine venv
	Tests/Oracles/quick-arrow.sh $(RELEASE) quick-arrow

install: build engine
	install -d $(DESTDIR)$(PREFIX)/bin $(DESTDIR)$(PREFIX)/lib/avprep $(DESTDIR)$(PREFIX)/share/avprep
	install -m 755 $(RELEASE) $(DESTDIR)$(PREFIX)/bin/avprep
	install -m 755 $(RELEASE)-work $(RELEASE)-decode $(DESTDIR)$(PREFIX)/lib/avprep/
	install -m 755 $(ENGINE) $(MPI) $(DESTDIR)$(PREFIX)/lib/avprep/
	cp -r pipelines schemas $(DESTDIR)$(PREFIX)/share/avprep/

clean:
	rm -rf .build .engine $(VENV)
