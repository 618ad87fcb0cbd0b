"""The heads' own rules: labels, losses, freezing, and the keyword head's algebra."""

import pytest
import torch

from hubert_demo.errors import CheckpointError, ConfigError, InputError
from hubert_demo.model import HubertForCTC, HubertForSequenceClassification, HubertModel, KeywordHead


@pytest.fixture
def keyword_head():
    torch.manual_seed(2)
    head = KeywordHead(("yes", "no", "stop"), num_states=4, hidden_size=32, proj_size=16).eval()
    torch.nn.init.normal_(head.layer_weights)
    return head


def encode(model, values):
    with torch.no_grad():
        return model(values, output_hidden_states=True).hidden_states


def test_a_label_outside_the_vocabulary_is_refused_with_its_size(twins, batch):
    with pytest.raises(ValueError, match=r"vocab_size=12.*12"):
        twins("ctc", "sdpa").ours(batch[0], labels=torch.tensor([[3, 12], [1, 2]]))


@pytest.mark.parametrize(
    ("kind", "labels", "message"),
    [
        ("ctc", torch.tensor([[3, 4]]), r"shape \(1, 2\); give \(2, 2\)"),
        ("ctc", torch.tensor([3, 4]), r"shape \(2,\); give \(2, 2\)"),
        ("ctc", torch.tensor([[3.0], [4.0]]), "torch.float32; give integers"),
        ("classifier", torch.tensor([0, 2]), "num_labels=2, got 2"),
        ("classifier", torch.tensor([0]), r"shape \(1,\) for 2 recordings; give one class each"),
        ("classifier", torch.tensor([[0.0, 1.0], [1.0, 1.0]]), r"shape \(2, 2\) for 2 recordings"),
    ],
)
def test_labels_that_do_not_fit_are_refused(twins, batch, kind, labels, message):
    with pytest.raises(InputError, match=message):
        twins(kind, "sdpa").ours(batch[0], labels=labels)


def test_a_target_language_is_refused_since_hubert_has_no_adapters(tiny_config):
    with pytest.raises(ConfigError, match="target_lang='eng'"):
        HubertForCTC(tiny_config(), target_lang="eng")


def test_a_single_label_is_a_regression(twins, batch):
    model = twins("classifier", "sdpa", num_labels=1).ours
    values = torch.tensor([0.25, -1.5])
    output = model(batch[0], labels=values)
    assert output.logits.shape == (2, 1)
    expected = ((output.logits[:, 0] - values) ** 2).mean()
    torch.testing.assert_close(output.loss, expected)


def test_without_labels_there_is_no_loss(twins, batch):
    assert twins("ctc", "sdpa").ours(batch[0]).loss is None
    assert twins("classifier", "sdpa").ours(batch[0]).loss is None


@pytest.mark.parametrize("kind", [HubertForCTC, HubertForSequenceClassification])
def test_freezing_stops_gradients_where_it_says(tiny_config, kind):
    model = kind(tiny_config())
    model.freeze_feature_encoder()
    trained = {name for name, parameter in model.named_parameters() if parameter.requires_grad}
    assert not any(name.startswith("hubert.feature_extractor.") for name in trained)
    assert any(name.startswith("hubert.encoder.") for name in trained)
    model.freeze_base_model()
    trained = {name for name, parameter in model.named_parameters() if parameter.requires_grad}
    assert trained
    assert not any(name.startswith("hubert.") for name in trained)


@pytest.mark.parametrize("stable", [False, True])
def test_mean_of_the_keyword_head_s_frames_is_the_classifier_s_answer(
    keyword_head, twins, batch, assert_parity, stable
):
    encoder = twins("model", "sdpa", do_stable_layer_norm=stable).ours
    classifier = keyword_head.with_encoder(encoder)
    with torch.no_grad():
        frames = keyword_head(torch.stack(encode(encoder, batch[0])))
        assert frames.shape == (2, 39, 3)
        assert_parity(frames.mean(1), classifier(batch[0]).logits)
    assert classifier.config.id2label == {0: "yes", 1: "no", 2: "stop"}


def test_layer_probabilities_are_a_distribution(keyword_head):
    shares = keyword_head.layer_probabilities
    assert shares.shape == (4,)
    assert shares.min() > 0
    assert shares.sum().item() == pytest.approx(1)


def test_keyword_head_comes_back_from_its_files_in_half_precision(keyword_head, tmp_path):
    keyword_head.save(tmp_path)
    again = KeywordHead.from_directory(tmp_path)
    assert again.labels == keyword_head.labels
    assert not again.training
    for name, tensor in again.state_dict().items():
        assert tensor.dtype == torch.float32
        assert torch.equal(tensor, keyword_head.state_dict()[name].half().float())
    again.threshold = 0.725
    again.save(tmp_path)
    assert KeywordHead.from_directory(tmp_path).threshold == 0.725


def test_old_names_of_the_constructors_still_work_and_say_so(keyword_head, tiny_config, tmp_path):
    keyword_head.save(tmp_path)
    with pytest.warns(DeprecationWarning, match=r"KeywordHead\.from_directory"):
        again = KeywordHead.load(tmp_path)
    assert again.labels == keyword_head.labels
    classifier = keyword_head.with_encoder(HubertModel(tiny_config()).eval())
    with pytest.warns(DeprecationWarning, match=r"KeywordHead\.from_classifier"):
        head = KeywordHead.of_classifier(classifier)
    for name, tensor in head.state_dict().items():
        assert torch.equal(tensor, keyword_head.state_dict()[name])


def test_a_missing_keyword_head_is_explained(tmp_path):
    with pytest.raises(CheckpointError, match="keyword head"):
        KeywordHead.from_directory(tmp_path)


def test_the_complete_classifier_of_a_keyword_head_loads_in_transformers(
    keyword_head, tiny_config, batch, assert_parity, tmp_path
):
    transformers = pytest.importorskip("transformers")
    classifier = keyword_head.with_encoder(HubertModel(tiny_config()).eval())
    classifier.save_pretrained(tmp_path)
    theirs = transformers.AutoModelForAudioClassification.from_pretrained(tmp_path).eval()
    with torch.no_grad():
        assert_parity(classifier(batch[0]).logits, theirs(batch[0]).logits)


def test_states_that_nobody_asked_for_are_not_returned(twins, batch):
    model = twins("classifier", "sdpa", use_weighted_layer_sum=True).ours
    assert list(model(batch[0])) == ["logits"]
    assert len(model(batch[0], output_hidden_states=True).hidden_states) == 4
