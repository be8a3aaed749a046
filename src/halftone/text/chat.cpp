#include "halftone/text/chat.h"

#include <algorithm>

#include "halftone/base/error.h"
#include "halftone/text/codepoints.h"

namespace halftone {
namespace {

std::string_view strip_left(std::string_view text) {
  while (!text.empty() && is_white_space(front_scalar(text).value))
    text.remove_prefix(front_scalar(text).length);
  return text;
}

std::string_view strip_right(std::string_view text) {
  while (!text.empty() && is_white_space(back_scalar(text).value)) text.remove_suffix(back_scalar(text).length);
  return text;
}

bool is_picture(const ContentItem& item) { return item.picture >= 0; }

void check_pictures(std::span<const ChatTurn> turns, std::size_t pictures) {
  std::vector<int> shown(pictures);
  for (std::size_t turn = 0; turn < turns.size(); ++turn) {
    for (const auto& item : turns[turn].content) {
      if (!is_picture(item)) continue;
      const auto index = static_cast<std::size_t>(item.picture);
      require(index < pictures, ErrorKind::input, "turn {} shows picture {}, the conversation has {}", turn + 1,
              index + 1, pictures);
      require(++shown[index] == 1, ErrorKind::input, "turn {} shows picture {} a second time", turn + 1,
              index + 1);
    }
  }
  const auto missing = std::find(shown.begin(), shown.end(), 0);
  require(missing == shown.end(), ErrorKind::input,
          "picture {} of {} is shown in no turn of the conversation (is its marker missing?)",
          missing - shown.begin() + 1, pictures);
}

class Renderer {
 public:
  Renderer(const ChatFormat& format, std::span<const std::int64_t> tokens_per_picture)
      : format_(format), tokens_per_picture_(tokens_per_picture) {}

  void turn(const ChatTurn& turn, std::size_t number) {
    const ChatFormat::Role& role = role_named(turn.role, number);
    answering_ = &role == &format_.assistant;
    written(role.prefix);
    content(turn.content, role.suffix.empty() ? format_.after_text : std::string());
    push({role.suffix, true, answering_, -1});
    written(role.separator);
  }
  void written(const std::string& text) { push({text, true, false, -1}); }
  std::vector<ChatPiece> take() { return std::move(pieces_); }

 private:
  const ChatFormat::Role& role_named(const std::string& name, std::size_t number) const {
    if (name == "system") return format_.system;
    if (name == "user") return format_.user;
    if (name == "assistant") return format_.assistant;
    fail(ErrorKind::input, "turn {} has the role \"{}\", roles are system, user and assistant", number, name);
  }

  void content(std::vector<ContentItem> items, const std::string& after_text) {
    if (format_.images_first) std::stable_partition(items.begin(), items.end(), is_picture);
    if (format_.strip_text && !items.empty()) {
      items.front().text = strip_left(items.front().text);
      items.back().text = strip_right(items.back().text);
    }
    bool before_text = true;
    for (const auto& item : items) {
      if (is_picture(item)) {
        picture(item.picture, before_text);
      } else if (!item.text.empty()) {
        before_text = false;
        push({item.text, false, answering_, -1});
        push({after_text, true, answering_, -1});
      }
    }
  }

  void picture(int index, bool before_text) {
    const std::int64_t count = tokens_per_picture_[static_cast<std::size_t>(index)];
    require(count >= 0, ErrorKind::input, "picture {} has {} tokens", index + 1, count);
    if (before_text && tokens_per_picture_.size() > 1) label(index + 1);
    std::string tokens = format_.image_open;
    for (std::int64_t i = 0; i < count; ++i) tokens += format_.image_token;
    push({tokens + format_.image_close, true, false, index});
    if (before_text) written(format_.after_image);
  }

  void label(int number) {
    std::string text = format_.image_label;
    const std::size_t place = text.find("{}");
    if (place != std::string::npos) text.replace(place, 2, std::to_string(number));
    written(text);
  }

  void push(ChatPiece piece) {
    if (!piece.text.empty() || piece.picture >= 0) pieces_.push_back(std::move(piece));
  }

  const ChatFormat& format_;
  std::span<const std::int64_t> tokens_per_picture_;
  std::vector<ChatPiece> pieces_;
  bool answering_ = false;
};

}  // namespace

ChatFormat chatml(const std::string& separator) {
  ChatFormat chat;
  chat.system = {"<|im_start|>system\n", "<|im_end|>", separator};
  chat.user = {"<|im_start|>user\n", "<|im_end|>", separator};
  chat.assistant = {"<|im_start|>assistant\n", "<|im_end|>", separator};
  chat.generation_prefix = chat.assistant.prefix;
  return chat;
}

std::vector<ChatPiece> render(const ChatFormat& format, std::span<const ChatTurn> turns,
                              std::span<const std::int64_t> tokens_per_picture, bool generation_prompt) {
  check_pictures(turns, tokens_per_picture.size());
  Renderer renderer(format, tokens_per_picture);
  const bool has_system = !turns.empty() && turns[0].role == "system";
  if (!has_system && !format.default_system.empty()) {
    renderer.turn({"system", {{format.default_system, -1}}}, 0);
  }
  for (std::size_t i = 0; i < turns.size(); ++i) renderer.turn(turns[i], i + 1);
  if (generation_prompt) renderer.written(format.generation_prefix);
  return renderer.take();
}

std::vector<ContentItem> parse_markers(std::string_view text, std::string_view marker, MarkerPlace place,
                                       int& next_picture) {
  HALFTONE_ASSERT(!marker.empty());
  std::vector<ContentItem> items;
  std::string words;
  bool before_text = true;
  const auto push_words = [&](std::string_view part) {
    words += part;
    const bool left_to_template = before_text && !items.empty() && part.starts_with('\n');
    if (left_to_template) part.remove_prefix(1);
    if (part.empty()) return;
    before_text = false;
    if (place == MarkerPlace::as_written) items.push_back({std::string(part), -1});
  };
  std::size_t at = 0;
  for (std::size_t found; (found = text.find(marker, at)) != std::string_view::npos;
       at = found + marker.size()) {
    push_words(text.substr(at, found - at));
    items.push_back({"", next_picture++});
  }
  push_words(text.substr(at));
  if (place == MarkerPlace::as_written) return items;
  words = strip_right(strip_left(words));
  if (!words.empty()) items.push_back({words, -1});
  return items;
}

std::string role_of_speaker(const std::string& from) {
  if (from == "human") return "user";
  if (from == "gpt") return "assistant";
  return from;
}

}  // namespace halftone
