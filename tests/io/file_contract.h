// What every FileSystem must do; run over each of them.
#pragma once

#include <cerrno>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "halftone/io/file.h"

namespace halftone {

inline std::span<const std::byte> bytes_of(const std::string& text) { return std::as_bytes(std::span(text)); }

inline void check_handles(FileSystem& files, const std::string& root) {
  const std::string path = join_path(root, "a");
  const int out = files.create(path);
  ASSERT_GE(out, 0);
  EXPECT_EQ(files.write_at(out, bytes_of("world"), 6), 5);
  EXPECT_EQ(files.write_at(out, bytes_of("hello "), 0), 6);
  EXPECT_EQ(files.sync(out), 0);
  EXPECT_EQ(files.close(out), 0);
  EXPECT_EQ(files.close(out), -EBADF);

  const int in = files.open_read(path);
  ASSERT_GE(in, 0);
  std::string text(20, '.');
  EXPECT_EQ(files.read_at(in, std::as_writable_bytes(std::span(text)), 0), 11);
  EXPECT_EQ(text.substr(0, 11), "hello world");
  EXPECT_EQ(files.read_at(in, std::as_writable_bytes(std::span(text)), 11), 0);
  EXPECT_EQ(files.read_at(in, std::as_writable_bytes(std::span(text)), 1000), 0);

  // An open handle keeps its bytes whatever happens to the name.
  EXPECT_EQ(files.rename(path, join_path(root, "b")), 0);
  EXPECT_EQ(files.remove_all(join_path(root, "b")), 0);
  EXPECT_EQ(files.read_at(in, std::as_writable_bytes(std::span(text)).first(5), 6), 5);
  EXPECT_EQ(text.substr(0, 5), "world");
  EXPECT_EQ(files.close(in), 0);
  EXPECT_EQ(files.read_at(in, std::as_writable_bytes(std::span(text)), 0), -EBADF);

  EXPECT_EQ(files.open_read(join_path(root, "missing")), -ENOENT);
  write_file(files, path, "long text");
  write_file(files, path, "short");
  EXPECT_EQ(read_file(files, path), "short");
  EXPECT_EQ(files.remove_all(path), 0);
}

inline void check_names(FileSystem& files, const std::string& root) {
  const std::string directory = join_path(root, "d"), file = join_path(directory, "f");
  EXPECT_FALSE(files.stat(directory).exists);
  EXPECT_EQ(files.make_directory(directory), 0);
  EXPECT_EQ(files.make_directory(directory), -EEXIST);
  EXPECT_TRUE(files.stat(directory).directory);
  EXPECT_FALSE(files.stat(directory).regular);
  EXPECT_TRUE(files.list(directory).empty());
  EXPECT_EQ(files.create(directory), -EISDIR);

  write_file(files, file, "12345");
  EXPECT_EQ(files.make_directory(file), -EEXIST);
  EXPECT_TRUE(files.stat(file).regular);
  EXPECT_EQ(files.stat(file).size, 5u);
  EXPECT_EQ(files.make_directory(join_path(directory, "empty")), 0);
  EXPECT_THAT(files.list(directory), testing::ElementsAre("empty", "f"));
  EXPECT_TRUE(files.list(join_path(root, "missing")).empty());
  EXPECT_EQ(files.resolve(file), file);
  EXPECT_EQ(files.resolve(join_path(root, "missing")), "");
  EXPECT_EQ(files.sync_directory(directory), 0);
  EXPECT_EQ(files.sync_directory(join_path(root, "missing")), -ENOENT);
  EXPECT_GT(files.free_bytes(root), 0u);

  EXPECT_EQ(files.remove_all(directory), 0);
  EXPECT_EQ(files.remove_all(directory), 0);
  EXPECT_FALSE(files.stat(directory).exists);
  EXPECT_FALSE(files.stat(join_path(directory, "empty")).exists);
}

inline void check_moves(FileSystem& files, const std::string& root) {
  const std::string a = join_path(root, "a"), b = join_path(root, "b"), c = join_path(root, "c");
  write_file(files, a, "1");
  write_file(files, b, "2");
  EXPECT_EQ(files.rename(c, a), -ENOENT);
  EXPECT_EQ(files.rename(a, a), 0);
  EXPECT_EQ(files.rename(a, b), 0);
  EXPECT_EQ(read_file(files, b), "1");
  EXPECT_FALSE(files.stat(a).exists);
  EXPECT_EQ(files.exchange(a, b), -ENOENT);
  files.remove_all(b);

  for (const auto& [directory, text] : {std::pair(a, "in a"), std::pair(b, "in b")}) {
    files.make_directory(directory);
    files.make_directory(join_path(directory, "inner"));
    write_file(files, join_path(directory, "f"), text);
  }
  files.remove_all(join_path(b, "inner"));
  EXPECT_EQ(files.rename(a, b), -ENOTEMPTY);
  EXPECT_EQ(files.exchange(a, b), 0);
  EXPECT_EQ(read_file(files, join_path(a, "f")), "in b");
  EXPECT_EQ(read_file(files, join_path(b, "f")), "in a");
  EXPECT_THAT(files.list(b), testing::ElementsAre("f", "inner"));
  EXPECT_EQ(files.rename(b, c), 0);
  EXPECT_FALSE(files.stat(b).exists);
  EXPECT_TRUE(files.stat(join_path(c, "inner")).directory);
  EXPECT_EQ(files.rename(join_path(c, "f"), a), -EISDIR);
  write_file(files, b, "file");
  EXPECT_EQ(files.rename(c, b), -ENOTDIR);
  for (const auto& path : {a, b, c}) files.remove_all(path);
}

// `root` is an empty directory.
inline void check_file_system(FileSystem& files, const std::string& root) {
  check_handles(files, root);
  check_names(files, root);
  check_moves(files, root);
  EXPECT_TRUE(files.list(root).empty());
}

}  // namespace halftone
