#pragma once
#include <hdf5.h>

// HDF5's names for types, property lists and access modes are macros that open the library and read a global. Swift
// sees neither such macros nor, under strict concurrency, the mutable globals behind them. One function a name.

static inline hid_t avprep_h5t_u8(void) { return H5T_STD_U8LE; }
static inline hid_t avprep_h5t_i8(void) { return H5T_STD_I8LE; }
static inline hid_t avprep_h5t_i16(void) { return H5T_STD_I16LE; }
static inline hid_t avprep_h5t_i32(void) { return H5T_STD_I32LE; }
static inline hid_t avprep_h5t_u32(void) { return H5T_STD_U32LE; }
static inline hid_t avprep_h5t_i64(void) { return H5T_STD_I64LE; }
static inline hid_t avprep_h5t_f32(void) { return H5T_IEEE_F32LE; }
static inline hid_t avprep_h5t_f64(void) { return H5T_IEEE_F64LE; }
static inline hid_t avprep_h5t_string(void) { return H5T_C_S1; }
static inline size_t avprep_h5t_variable(void) { return H5T_VARIABLE; }

static inline hid_t avprep_h5p_file_create(void) { return H5P_FILE_CREATE; }
static inline hid_t avprep_h5p_file_access(void) { return H5P_FILE_ACCESS; }
static inline hid_t avprep_h5p_group_create(void) { return H5P_GROUP_CREATE; }
static inline hid_t avprep_h5p_dataset_create(void) { return H5P_DATASET_CREATE; }

static inline unsigned avprep_h5f_read_only(void) { return H5F_ACC_RDONLY; }
static inline unsigned avprep_h5f_truncate(void) { return H5F_ACC_TRUNC; }
static inline hsize_t avprep_h5s_unlimited(void) { return H5S_UNLIMITED; }
static inline haddr_t avprep_h5_undefined_address(void) { return HADDR_UNDEF; }

// "H5P_DEFAULT" and "H5S_ALL" are casts, which newer headers spell so that Swift cannot import them.
static inline hid_t avprep_h5p_default(void) { return (hid_t)0; }

#ifdef __linux__
#include <sys/syscall.h>
#include <unistd.h>

// Sets room aside for a file; 0, or -1 with errno. Swift sees neither fallocate (_GNU_SOURCE) nor syscall (variadic), and
// posix_fallocate writes the whole room where a file system cannot set it aside.
static inline int avprep_fallocate(int descriptor, long long bytes) {
    return (int)syscall(SYS_fallocate, descriptor, 0, 0LL, bytes);
}

// Has the system begin to write what has changed of a file, without waiting for it. A hint: fsync tells whether it went.
static inline void avprep_start_writing(int descriptor) {
#ifdef SYS_sync_file_range
    const unsigned sync_file_range_write = 2;
    (void)syscall(SYS_sync_file_range, descriptor, 0LL, 0LL, sync_file_range_write);
#else
    (void)descriptor;
#endif
}
#endif
