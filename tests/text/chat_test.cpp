#include "halftone/text/chat.h"

#include "tests/text/thrown.h"

namespace halftone {
namespace {

// The templates of six model families, as data: what a family file will hold.
ChatFormat qwen2_vl() {
  ChatFormat format;
  format.default_system = "You are a helpful assistant.";
  format.system = {"<|im_start|>system\n", "<|im_end|>", "\n"};
  format.user = {"<|im_start|>user\n", "<|im_end|>", "\n"};
  format.assistant = {"<|im_start|>assistant\n", "<|im_end|>", "\n"};
  format.generation_prefix = "<|im_start|>assistant\n";
  format.image_open = "<|vision_start|>";
  format.image_token = "<|image_pad|>";
  format.image_close = "<|vision_end|>";
  return format;
}

constexpr const char* kSystem =
    "你是由上海人工智能实验室联合商汤科技开发的书生多模态大模型，英文名叫InternVL, "
    "是一个有用无害的人工智能助手。";

ChatFormat hermes_2() {
  ChatFormat format;
  format.default_system = kSystem;
  format.system = {"<|im_start|>system\n", "<|im_end|>", ""};
  format.user = {"<|im_start|>user\n", "<|im_end|>", ""};
  format.assistant = {"<|im_start|>assistant\n", "<|im_end|>", ""};
  format.generation_prefix = "<|im_start|>assistant\n";
  format.image_label = "Image-{}: ";
  format.image_open = "<img>";
  format.image_token = "<IMG_CONTEXT>";
  format.image_close = "</img>";
  format.after_image = "\n";
  return format;
}

ChatFormat internlm2_chat() {
  ChatFormat format = hermes_2();
  format.strip_text = true;
  return format;
}

ChatFormat phi3_chat() {
  ChatFormat format = hermes_2();
  format.system = {"<|system|>\n", "<|end|>", ""};
  format.user = {"<|user|>\n", "<|end|>", ""};
  format.assistant = {"<|assistant|>\n", "<|end|>", ""};
  format.generation_prefix = "<|assistant|>\n";
  return format;
}

ChatFormat llava_hf() {
  ChatFormat format;
  format.user = {"USER: ", "", ""};
  format.assistant = {"ASSISTANT: ", "", ""};
  format.generation_prefix = "ASSISTANT:";
  format.image_token = "<image>";
  format.after_image = "\n";
  format.images_first = true;
  format.after_text = " ";
  return format;
}

ChatFormat vicuna_v1() {
  ChatFormat format;
  format.default_system =
      "A chat between a curious user and an artificial intelligence assistant. The assistant gives helpful, "
      "detailed, and polite answers to the user's questions.";
  format.system = {"", " ", ""};
  format.user = {"USER: ", " ", ""};
  format.assistant = {"ASSISTANT: ", "</s>", ""};
  format.generation_prefix = "ASSISTANT:";
  format.image_token = "<image>";
  format.after_image = "\n";
  format.images_first = true;
  return format;
}

ContentItem text(const std::string& text) { return {text, -1}; }
ContentItem picture(int index) { return {"", index}; }

std::string joined(const std::vector<ChatPiece>& pieces) {
  std::string all;
  for (const auto& piece : pieces) all += piece.text;
  return all;
}

std::string written(const ChatFormat& format, const std::vector<ChatTurn>& turns,
                    const std::vector<std::int64_t>& tokens = {}, bool generation = true) {
  return joined(render(format, turns, tokens, generation));
}

const std::vector<ChatTurn> kOnePicture = {{"user", {picture(0), text("Describe this image.")}}};
const std::vector<ChatTurn> kTwoPictures = {{"user", {picture(0), picture(1), text("Compare them.")}}};
const std::vector<ChatTurn> kTwoTurns = {
    {"user", {picture(0), text("Q1")}}, {"assistant", {text("A1")}}, {"user", {text("Q2")}}};

TEST(Chat, Qwen2Vl) {
  const std::string head = "<|im_start|>system\nYou are a helpful assistant.<|im_end|>\n";
  EXPECT_EQ(written(qwen2_vl(), kOnePicture, {1}),
            head +
                "<|im_start|>user\n<|vision_start|><|image_pad|><|vision_end|>Describe this image.<|im_end|>\n"
                "<|im_start|>assistant\n");
  EXPECT_EQ(written(qwen2_vl(), kTwoPictures, {1, 2}),
            head +
                "<|im_start|>user\n<|vision_start|><|image_pad|><|vision_end|><|vision_start|><|image_pad|>"
                "<|image_pad|><|vision_end|>Compare them.<|im_end|>\n<|im_start|>assistant\n");
  std::vector<ChatTurn> own_system = {{"system", {text("S")}}};
  own_system.insert(own_system.end(), kTwoTurns.begin(), kTwoTurns.end());
  EXPECT_EQ(written(qwen2_vl(), own_system, {1}),
            "<|im_start|>system\nS<|im_end|>\n<|im_start|>user\n<|vision_start|><|image_pad|><|vision_end|>Q1"
            "<|im_end|>\n<|im_start|>assistant\nA1<|im_end|>\n<|im_start|>user\nQ2<|im_end|>\n"
            "<|im_start|>assistant\n");
}

TEST(Chat, Qwen2VlKeepsPicturesWhereTheyStand) {
  EXPECT_EQ(written(qwen2_vl(), {{"user", {text("before "), picture(0), text(" after")}}}, {1}, false),
            "<|im_start|>system\nYou are a helpful assistant.<|im_end|>\n<|im_start|>user\nbefore "
            "<|vision_start|><|image_pad|><|vision_end|> after<|im_end|>\n");
}

TEST(Chat, Hermes2) {
  const std::string head = std::string("<|im_start|>system\n") + kSystem + "<|im_end|><|im_start|>user\n";
  EXPECT_EQ(
      written(hermes_2(), kOnePicture, {2}),
      head + "<img><IMG_CONTEXT><IMG_CONTEXT></img>\nDescribe this image.<|im_end|><|im_start|>assistant\n");
  EXPECT_EQ(written(hermes_2(), kTwoPictures, {1, 1}),
            head +
                "Image-1: <img><IMG_CONTEXT></img>\nImage-2: <img><IMG_CONTEXT></img>\nCompare them.<|im_end|>"
                "<|im_start|>assistant\n");
  EXPECT_EQ(written(hermes_2(), kTwoTurns, {1}, false),
            head +
                "<img><IMG_CONTEXT></img>\nQ1<|im_end|><|im_start|>assistant\nA1<|im_end|><|im_start|>user\nQ2"
                "<|im_end|>");
  EXPECT_EQ(written(hermes_2(), {{"user", {text("a "), picture(0), text(" b")}}}, {1}, false),
            head + "a <img><IMG_CONTEXT></img> b<|im_end|>")
      << "a marker inside the text is replaced and no more";
  EXPECT_EQ(written(hermes_2(), {{"user", {text("a "), picture(0), picture(1), text(" b")}}}, {1, 1}, false),
            head + "a <img><IMG_CONTEXT></img><img><IMG_CONTEXT></img> b<|im_end|>");
}

TEST(Chat, InternLm2ChatStripsTheTurns) {
  const std::string head = std::string("<|im_start|>system\n") + kSystem + "<|im_end|><|im_start|>user\n";
  EXPECT_EQ(written(internlm2_chat(),
                    {{"user", {picture(0), text("\u3000Q \n")}}, {"assistant", {text(" A ")}}}, {1}, false),
            head + "<img><IMG_CONTEXT></img>\n\u3000Q<|im_end|><|im_start|>assistant\nA<|im_end|>");
  EXPECT_EQ(written(internlm2_chat(), kOnePicture, {1}), written(hermes_2(), kOnePicture, {1}));
}

TEST(Chat, Phi3Chat) {
  EXPECT_EQ(
      written(phi3_chat(), kTwoTurns, {1}),
      std::string("<|system|>\n") + kSystem +
          "<|end|><|user|>\n<img><IMG_CONTEXT></img>\nQ1<|end|><|assistant|>\nA1<|end|><|user|>\nQ2<|end|>"
          "<|assistant|>\n");
}

TEST(Chat, LlavaHf) {
  EXPECT_EQ(written(llava_hf(), kOnePicture, {1}), "USER: <image>\nDescribe this image. ASSISTANT:");
  EXPECT_EQ(written(llava_hf(), kTwoPictures, {1, 2}),
            "USER: <image>\n<image><image>\nCompare them. ASSISTANT:");
  EXPECT_EQ(written(llava_hf(), kTwoTurns, {1}), "USER: <image>\nQ1 ASSISTANT: A1 USER: Q2 ASSISTANT:");
  EXPECT_EQ(written(llava_hf(), {{"user", {text("first"), picture(0), text("then")}}}, {1}),
            "USER: <image>\nfirst then ASSISTANT:")
      << "pictures first, and a blank behind every text";
  EXPECT_EQ(written(llava_hf(), {{"system", {text("S")}}, {"user", {text("Q")}}}), "S USER: Q ASSISTANT:");
  EXPECT_EQ(written(llava_hf(), {{"user", {picture(0)}}}, {1}), "USER: <image>\nASSISTANT:");
  ChatFormat ended = llava_hf();
  ended.assistant.suffix = "</s>";
  EXPECT_EQ(written(ended, kTwoTurns, {1}), "USER: <image>\nQ1 ASSISTANT: A1</s>USER: Q2 ASSISTANT:")
      << "no blank before an end";
}

TEST(Chat, VicunaV1) {
  const std::string head =
      "A chat between a curious user and an artificial intelligence assistant. The assistant gives helpful, "
      "detailed, and polite answers to the user's questions. ";
  EXPECT_EQ(written(vicuna_v1(), kTwoTurns, {1}),
            head + "USER: <image>\nQ1 ASSISTANT: A1</s>USER: Q2 ASSISTANT:");
  EXPECT_EQ(written(vicuna_v1(), {{"user", {text("Q")}}, {"assistant", {text("A")}}}, {}, false),
            head + "USER: Q ASSISTANT: A</s>");
}

// Shows the answer in brackets.
std::string answers(const ChatFormat& format, const std::vector<ChatTurn>& turns) {
  std::string shown;
  for (const auto& piece : render(format, turns, {}, false))
    shown += piece.answer ? "[" + piece.text + "]" : piece.text;
  return shown;
}

TEST(Chat, AnswersAreTheAssistantsTextAndItsEnd) {
  const std::vector<ChatTurn> turns = {{"user", {text("Q")}}, {"assistant", {text("A")}}};
  EXPECT_TRUE(answers(qwen2_vl(), turns).ends_with("Q<|im_end|>\n<|im_start|>assistant\n[A][<|im_end|>]\n"));
  EXPECT_TRUE(answers(phi3_chat(), turns).ends_with("Q<|end|><|assistant|>\n[A][<|end|>]"));
  EXPECT_EQ(answers(llava_hf(), turns), "USER: Q ASSISTANT: [A][ ]");
  EXPECT_TRUE(answers(vicuna_v1(), turns).ends_with("USER: Q ASSISTANT: [A][</s>]"));
}

TEST(Chat, OnlyTheTemplateIsSpecial) {
  const std::vector<ChatTurn> turns = {{"user", {picture(0), text("<|im_end|>")}}, {"assistant", {text("A")}}};
  const std::vector<std::int64_t> tokens = {3};
  int pictures = 0;
  for (const auto& piece : render(qwen2_vl(), turns, tokens, true)) {
    const bool from_a_turn = piece.text == "A" || piece.text == "You are a helpful assistant." ||
                             (piece.text == "<|im_end|>" && !piece.special);
    EXPECT_EQ(piece.special, !from_a_turn) << piece.text;
    if (piece.picture < 0) continue;
    ++pictures;
    EXPECT_EQ(piece.picture, 0);
    EXPECT_EQ(piece.text, "<|vision_start|><|image_pad|><|image_pad|><|image_pad|><|vision_end|>");
  }
  EXPECT_EQ(pictures, 1);
}

TEST(Chat, RefusesWhatItCannotWrite) {
  const auto writing = [](std::vector<ChatTurn> turns, std::vector<std::int64_t> tokens) {
    return [=] { written(hermes_2(), turns, tokens); };
  };
  expect_error(ErrorKind::input, "turn 2 has the role \"tool\", roles are system, user and assistant",
               writing({{"user", {}}, {"tool", {text("x")}}}, {}));
  expect_error(ErrorKind::input, "turn 1 shows picture 2, the conversation has 1",
               writing({{"user", {picture(1)}}}, {1}));
  expect_error(ErrorKind::input, "turn 2 shows picture 1 a second time",
               writing({{"user", {picture(0)}}, {"user", {picture(0)}}}, {1}));
  expect_error(ErrorKind::input, "picture 2 of 2 is shown in no turn",
               writing({{"user", {picture(0)}}}, {1, 1}));
  expect_error(ErrorKind::input, "picture 1 has -1 tokens", writing({{"user", {picture(0)}}}, {-1}));
}

TEST(Chat, NothingToSay) {
  EXPECT_EQ(written(llava_hf(), {}, {}, false), "");
  EXPECT_EQ(written(llava_hf(), {}, {}, true), "ASSISTANT:");
  EXPECT_EQ(written(llava_hf(), {{"user", {}}}), "USER: ASSISTANT:");
}

std::string shown(const std::vector<ContentItem>& items) {
  std::string all;
  for (const auto& item : items)
    all += item.picture < 0 ? "'" + item.text + "' " : std::to_string(item.picture) + " ";
  return all;
}

TEST(Chat, MarkersBecomePictures) {
  const auto parse = [](const std::string& value, MarkerPlace place, int first = 0) {
    return shown(parse_markers(value, "<image>", place, first));
  };
  EXPECT_EQ(parse("<image>\nWhat?", MarkerPlace::as_written), "0 'What?' ") << "the template writes the break";
  EXPECT_EQ(parse("<image>\n<image>\n\nWhat?", MarkerPlace::as_written), "0 1 '\nWhat?' ");
  EXPECT_EQ(parse("a\n<image>\nb", MarkerPlace::as_written), "'a\n' 0 '\nb' ");
  EXPECT_EQ(parse("<image>\nWhat?", MarkerPlace::front), "0 'What?' ");
  EXPECT_EQ(parse("What?\n<image>", MarkerPlace::front), "0 'What?' ");
  EXPECT_EQ(parse("What?\n<image>", MarkerPlace::as_written), "'What?\n' 0 ");
  EXPECT_EQ(parse("a<image>b<image>", MarkerPlace::as_written, 3), "'a' 3 'b' 4 ");
  EXPECT_EQ(parse("a<image>b<image>", MarkerPlace::front, 3), "3 4 'ab' ");
  EXPECT_EQ(parse("no picture ", MarkerPlace::as_written), "'no picture ' ");
  EXPECT_EQ(parse("", MarkerPlace::as_written), "");
  EXPECT_EQ(parse("<image>", MarkerPlace::front), "0 ");
}

TEST(Chat, MarkersNumberOnOverTheTurns) {
  int next = 0;
  parse_markers("<image><image>", "<image>", MarkerPlace::front, next);
  EXPECT_EQ(next, 2);
  EXPECT_EQ(shown(parse_markers("<image>x", "<image>", MarkerPlace::front, next)), "2 'x' ");
}

TEST(Chat, BothWaysOfWritingAQuestionMeetInTheTemplate) {
  for (const std::string value : {"<image>\nQ", "Q\n<image>"}) {
    int next = 0;
    const std::vector<ChatTurn> turns = {{"user", parse_markers(value, "<image>", MarkerPlace::front, next)}};
    EXPECT_EQ(written(llava_hf(), turns, {1}), "USER: <image>\nQ ASSISTANT:");
    EXPECT_EQ(written(hermes_2(), turns, {1}), written(hermes_2(), {{"user", {picture(0), text("Q")}}}, {1}));
  }
  int next = 0;
  const std::vector<ChatTurn> turns = {
      {"user", parse_markers("<image>\nQ", "<image>", MarkerPlace::as_written, next)}};
  EXPECT_EQ(written(llava_hf(), turns, {1}), "USER: <image>\nQ ASSISTANT:");
}

TEST(Chat, SpeakersOfConversationJson) {
  EXPECT_EQ(role_of_speaker("human"), "user");
  EXPECT_EQ(role_of_speaker("gpt"), "assistant");
  EXPECT_EQ(role_of_speaker("system"), "system");
  EXPECT_EQ(role_of_speaker("x"), "x");
}

}  // namespace
}  // namespace halftone
