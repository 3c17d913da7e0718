import pytest

torch = pytest.importorskip("torch", reason="torch is not installed: the extra `train` brings it")

from pipewarden.lab.memory import with_memory, without_memory  # noqa: E402 # after the skip
from pipewarden.lab.nanodet import SCREEN, Form, NanoDet, with_our_head  # noqa: E402 # same

pytestmark = pytest.mark.release


def net(classes: int, seed: int, form: Form | None = None) -> NanoDet:
    torch.manual_seed(seed)
    return NanoDet(classes, form) if form else NanoDet(classes)


def answers(of: NanoDet) -> list["torch.Tensor"]:
    torch.manual_seed(9)
    with torch.no_grad():
        return list(of(torch.randn(1, 3, 64, 96)))


def test_a_net_with_memory_answers_as_before_and_as_coco():
    coco = net(80, 1)
    ours = with_our_head(coco)
    both = with_memory(ours, coco)
    assert both.classes == 84
    for joined, own, known in zip(answers(both), answers(ours), answers(coco), strict=True):
        assert torch.allclose(joined[:, :4], own[:, :4], atol=1e-5)
        assert torch.allclose(joined[:, 84:], own[:, 4:], atol=1e-5)
        assert torch.allclose(joined[:, 4:84], known[:, :80], atol=1e-5), "the body is COCO's own here"


def test_dropping_the_memory_gives_the_net_back():
    ours = net(4, 2)
    back = without_memory(with_memory(ours, net(80, 1)))
    assert back.classes == 4
    assert all(torch.equal(value, ours.state_dict()[name]) for name, value in back.state_dict().items())
    assert without_memory(ours) is ours
    three = net(3, 2)
    assert without_memory(three) is three


def test_a_net_with_another_neck_begins_with_a_silent_memory():
    both = with_memory(net(4, 3, SCREEN), net(80, 1))
    for level in answers(both):
        assert level[:, 4:84].sigmoid().max() < 0.02
