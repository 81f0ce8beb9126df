//! What SQLite calls: its C interface for operating systems, answered by [`OpenFile`] and [`Medium`].
//!
//! The only unsafe code of this crate. Every function does nothing but translate arguments and answers;
//! what SQLite promises of the arguments stands at <https://sqlite.org/c3ref/vfs.html> and
//! <https://sqlite.org/c3ref/io_methods.html>.
#![expect(unsafe_code, reason = "SQLite calls its operating system through C function pointers")]

use std::ffi::{CStr, c_char, c_int, c_void};
use std::ops::Range;
use std::ptr::null_mut;
use std::slice;
use std::sync::OnceLock;
use std::sync::atomic::{Ordering, fence};

use rusqlite::ffi::{self, sqlite3_file, sqlite3_io_methods, sqlite3_vfs};

use super::handle::OpenFile;
use super::sharing::Level;
use super::state::{DiskFault, Medium};

/// What SQLite calls these disks.
pub(super) const NAME: &str = "virtual-disk";
const C_NAME: &CStr = c"virtual-disk";

/// What a path may be long, with its end.
const LONGEST_PATH: c_int = 512;
/// The usual size that SQLite assumes as well; a power cut tears finer.
const SECTOR: c_int = 4096;
/// The moment that SQL takes for now, 2025-01-01 00:00 UTC in milliseconds of the Julian day.
const NOW_JULIAN_MS: i64 = 212_602_449_600_000;
const DAY_MS: f64 = 86_400_000.0;

/// What SQLite allocates for a file: the head it knows, and our part.
#[repr(C)]
struct Slot {
    head: sqlite3_file,
    /// From [`Box::into_raw`] in [`open`] until [`close`].
    file: *mut OpenFile,
}

static METHODS: sqlite3_io_methods = sqlite3_io_methods {
    iVersion: 2,
    xClose: Some(close),
    xRead: Some(read),
    xWrite: Some(write),
    xTruncate: Some(truncate),
    xSync: Some(sync),
    xFileSize: Some(file_size),
    xLock: Some(lock),
    xUnlock: Some(unlock),
    xCheckReservedLock: Some(check_reserved_lock),
    xFileControl: Some(file_control),
    xSectorSize: Some(sector_size),
    xDeviceCharacteristics: Some(device_characteristics),
    xShmMap: Some(map_index),
    xShmLock: Some(lock_index),
    xShmBarrier: Some(barrier),
    xShmUnmap: Some(unmap_index),
    xFetch: None,
    xUnfetch: None,
};

/// Makes the disks known to SQLite, once in a process.
pub(super) fn register() -> rusqlite::Result<()> {
    static CODE: OnceLock<c_int> = OnceLock::new();
    let code = *CODE.get_or_init(|| {
        // Nobody asks how much memory SQLite uses, and counting it costs a lock for every piece. Where SQLite
        // runs already it goes on counting.
        // SAFETY: the option takes one number.
        unsafe { ffi::sqlite3_config(ffi::SQLITE_CONFIG_MEMSTATUS, 0) };
        let vfs = Box::into_raw(Box::new(virtual_disks()));
        // SAFETY: `vfs` is filled, and it is never freed; the cell lets one thread in, once.
        unsafe { ffi::sqlite3_vfs_register(vfs, 0) }
    });
    if code == ffi::SQLITE_OK {
        return Ok(());
    }
    Err(rusqlite::Error::SqliteFailure(ffi::Error::new(code), None))
}

fn virtual_disks() -> sqlite3_vfs {
    sqlite3_vfs {
        iVersion: 2,
        szOsFile: size_of::<Slot>() as c_int,
        mxPathname: LONGEST_PATH,
        pNext: null_mut(),
        zName: C_NAME.as_ptr(),
        pAppData: null_mut(),
        xOpen: Some(open),
        xDelete: Some(delete),
        xAccess: Some(access),
        xFullPathname: Some(full_pathname),
        // Extensions cannot be loaded through these disks.
        xDlOpen: None,
        xDlError: None,
        xDlSym: None,
        xDlClose: None,
        xRandomness: Some(randomness),
        xSleep: Some(sleep),
        xCurrentTime: Some(current_time),
        xGetLastError: None,
        xCurrentTimeInt64: Some(current_time_ms),
        xSetSystemCall: None,
        xGetSystemCall: None,
        xNextSystemCall: None,
    }
}

unsafe extern "C" fn open(
    _: *mut sqlite3_vfs,
    name: *const c_char,
    file: *mut sqlite3_file,
    flags: c_int,
    flags_out: *mut c_int,
) -> c_int {
    let slot = file.cast::<Slot>();
    // SAFETY: SQLite gives `szOsFile` bytes; without methods it never closes a file that did not open.
    unsafe { (*slot).head.pMethods = std::ptr::null() };
    let opened = if name.is_null() {
        OpenFile::temporary()
    } else {
        // SAFETY: a path is a C string that lives during the call.
        let found = unsafe { CStr::from_ptr(name) }.to_str().ok().and_then(Medium::find);
        let Some((disk, file)) = found else { return ffi::SQLITE_CANTOPEN };
        OpenFile::open(disk, file, flags & ffi::SQLITE_OPEN_CREATE != 0)
    };
    let opened = match opened {
        Ok(opened) => opened,
        Err(DiskFault::Missing) => return ffi::SQLITE_CANTOPEN,
        Err(fault) => return code(fault),
    };
    // SAFETY: as above; `flags_out` is null or writable.
    unsafe {
        (*slot).file = Box::into_raw(Box::new(opened));
        (*slot).head.pMethods = &raw const METHODS;
        if !flags_out.is_null() {
            *flags_out = flags;
        }
    }
    ffi::SQLITE_OK
}

unsafe extern "C" fn close(file: *mut sqlite3_file) -> c_int {
    // SAFETY: SQLite closes a file that was opened, once; the box is from `open`.
    unsafe {
        let slot = &mut *file.cast::<Slot>();
        slot.head.pMethods = std::ptr::null();
        drop(Box::from_raw(slot.file));
    }
    ffi::SQLITE_OK
}

unsafe extern "C" fn delete(_: *mut sqlite3_vfs, path: *const c_char, sync_folder: c_int) -> c_int {
    // SAFETY: a path is a C string that lives during the call.
    let Some((disk, name)) = unsafe { CStr::from_ptr(path) }.to_str().ok().and_then(Medium::find) else {
        return ffi::SQLITE_IOERR_DELETE;
    };
    let removed = disk.state().remove(name, sync_folder != 0);
    match removed {
        Err(DiskFault::Missing) => ffi::SQLITE_IOERR_DELETE_NOENT,
        removed => answer(removed),
    }
}

unsafe extern "C" fn access(
    _: *mut sqlite3_vfs,
    path: *const c_char,
    _flags: c_int,
    found: *mut c_int,
) -> c_int {
    // SAFETY: a path is a C string that lives during the call.
    let Some((disk, name)) = unsafe { CStr::from_ptr(path) }.to_str().ok().and_then(Medium::find) else {
        return ffi::SQLITE_IOERR_ACCESS;
    };
    let there = disk.state().has(name).map(c_int::from);
    // SAFETY: `found` is writable.
    unsafe { put(there, found) }
}

unsafe extern "C" fn full_pathname(
    _: *mut sqlite3_vfs,
    path: *const c_char,
    room: c_int,
    out: *mut c_char,
) -> c_int {
    // SAFETY: `path` is a C string, and `out` has `room` bytes elsewhere.
    unsafe {
        let bytes = CStr::from_ptr(path).to_bytes_with_nul();
        if bytes.len() > room as usize {
            return ffi::SQLITE_CANTOPEN;
        }
        out.cast::<u8>().copy_from_nonoverlapping(bytes.as_ptr(), bytes.len());
    }
    ffi::SQLITE_OK
}

/// SQLite asks the usual operating system alone; whoever asks here gets no random byte.
unsafe extern "C" fn randomness(_: *mut sqlite3_vfs, _: c_int, _: *mut c_char) -> c_int {
    0
}

/// Time does not pass here: who waits for a lock tries as often as elsewhere, but sooner.
unsafe extern "C" fn sleep(_: *mut sqlite3_vfs, microseconds: c_int) -> c_int {
    std::thread::yield_now();
    microseconds
}

unsafe extern "C" fn current_time(_: *mut sqlite3_vfs, now: *mut f64) -> c_int {
    // SAFETY: `now` is writable.
    unsafe { *now = NOW_JULIAN_MS as f64 / DAY_MS };
    ffi::SQLITE_OK
}

unsafe extern "C" fn current_time_ms(_: *mut sqlite3_vfs, now: *mut i64) -> c_int {
    // SAFETY: `now` is writable.
    unsafe { *now = NOW_JULIAN_MS };
    ffi::SQLITE_OK
}

unsafe extern "C" fn read(file: *mut sqlite3_file, into: *mut c_void, count: c_int, at: i64) -> c_int {
    // SAFETY: `into` has `count` bytes that only this call uses.
    let (file, into) =
        unsafe { (opened(file), slice::from_raw_parts_mut(into.cast::<u8>(), count as usize)) };
    match file.read(at as usize, into) {
        Ok(read) if read < into.len() => {
            // SQLite wants zeros behind the end.
            into[read..].fill(0);
            ffi::SQLITE_IOERR_SHORT_READ
        }
        read => answer(read.map(drop)),
    }
}

unsafe extern "C" fn write(file: *mut sqlite3_file, bytes: *const c_void, count: c_int, at: i64) -> c_int {
    // SAFETY: `bytes` has `count` bytes that nobody changes during the call.
    let (file, bytes) = unsafe { (opened(file), slice::from_raw_parts(bytes.cast::<u8>(), count as usize)) };
    answer(file.write(at as usize, bytes))
}

unsafe extern "C" fn truncate(file: *mut sqlite3_file, size: i64) -> c_int {
    // SAFETY: an open file.
    answer(unsafe { opened(file) }.resize(size as usize))
}

unsafe extern "C" fn sync(file: *mut sqlite3_file, _flags: c_int) -> c_int {
    // SAFETY: an open file.
    answer(unsafe { opened(file) }.sync())
}

unsafe extern "C" fn file_size(file: *mut sqlite3_file, size: *mut i64) -> c_int {
    // SAFETY: an open file; `size` is writable.
    unsafe { put(opened(file).size().map(|size| size as i64), size) }
}

unsafe extern "C" fn lock(file: *mut sqlite3_file, wanted: c_int) -> c_int {
    // SAFETY: an open file.
    answer(unsafe { opened(file) }.lock(level(wanted)))
}

unsafe extern "C" fn unlock(file: *mut sqlite3_file, wanted: c_int) -> c_int {
    // SAFETY: an open file.
    answer(unsafe { opened(file) }.unlock(level(wanted)))
}

unsafe extern "C" fn check_reserved_lock(file: *mut sqlite3_file, is_reserved: *mut c_int) -> c_int {
    // SAFETY: an open file; `is_reserved` is writable.
    unsafe { put(opened(file).is_reserved().map(c_int::from), is_reserved) }
}

unsafe extern "C" fn file_control(_: *mut sqlite3_file, _: c_int, _: *mut c_void) -> c_int {
    ffi::SQLITE_NOTFOUND
}

unsafe extern "C" fn sector_size(_: *mut sqlite3_file) -> c_int {
    SECTOR
}

/// A write changes nothing beside itself, also when it is torn: what SQLite assumes of any disk.
unsafe extern "C" fn device_characteristics(_: *mut sqlite3_file) -> c_int {
    ffi::SQLITE_IOCAP_POWERSAFE_OVERWRITE
}

unsafe extern "C" fn map_index(
    file: *mut sqlite3_file,
    number: c_int,
    size: c_int,
    make: c_int,
    address: *mut *mut c_void,
) -> c_int {
    // SAFETY: an open file; `address` is writable. The region lives until the file leaves the index.
    unsafe {
        let mapped = opened(file).map_index(number as usize, size as usize, make != 0);
        put(mapped.map(|region| region.map_or(null_mut(), <*mut u8>::cast)), address)
    }
}

unsafe extern "C" fn lock_index(file: *mut sqlite3_file, from: c_int, count: c_int, flags: c_int) -> c_int {
    // SAFETY: an open file.
    let file = unsafe { opened(file) };
    let slots = Range { start: from as usize, end: (from + count) as usize };
    if flags & ffi::SQLITE_SHM_UNLOCK != 0 {
        return answer(file.unlock_index(slots));
    }
    answer(file.lock_index(slots, flags & ffi::SQLITE_SHM_EXCLUSIVE != 0))
}

unsafe extern "C" fn barrier(_: *mut sqlite3_file) {
    fence(Ordering::SeqCst);
}

unsafe extern "C" fn unmap_index(file: *mut sqlite3_file, _remove: c_int) -> c_int {
    // SAFETY: an open file, whose index SQLite does not look into after this.
    unsafe { opened(file) }.leave_index();
    ffi::SQLITE_OK
}

/// The file behind SQLite's pointer.
///
/// # Safety
/// `file` was opened by [`open`] and not closed. SQLite uses a file in one thread at a time.
unsafe fn opened<'a>(file: *mut sqlite3_file) -> &'a mut OpenFile {
    // SAFETY: the pointer is from a box in `open`, and nothing else refers to the file during a call.
    unsafe { &mut *(*file.cast::<Slot>()).file }
}

/// Writes an answer where SQLite wants it.
///
/// # Safety
/// `out` is writable.
unsafe fn put<T>(result: Result<T, DiskFault>, out: *mut T) -> c_int {
    answer(result.map(|value| {
        // SAFETY: the caller's promise.
        unsafe { out.write(value) }
    }))
}

fn answer(result: Result<(), DiskFault>) -> c_int {
    result.map_or_else(code, |()| ffi::SQLITE_OK)
}

fn code(fault: DiskFault) -> c_int {
    match fault {
        DiskFault::PowerLost | DiskFault::Missing => ffi::SQLITE_IOERR,
        DiskFault::Full => ffi::SQLITE_FULL,
        DiskFault::Busy => ffi::SQLITE_BUSY,
    }
}

fn level(level: c_int) -> Level {
    match level {
        ffi::SQLITE_LOCK_NONE => Level::None,
        ffi::SQLITE_LOCK_SHARED => Level::Shared,
        ffi::SQLITE_LOCK_RESERVED => Level::Reserved,
        ffi::SQLITE_LOCK_PENDING => Level::Pending,
        _ => Level::Exclusive,
    }
}
