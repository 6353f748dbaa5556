from django.http import HttpResponse


def incident_pack(request, pk):
    return HttpResponse("")
